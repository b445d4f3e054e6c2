"""A Heroku that fits on a laptop, on loopback only.

The Platform API over HTTP, source builds, releases with their release phase,
dynos as child processes, one router per app and a small Logplex.  It is a
development platform and no sandbox: apps run as the user who started it.

EMULATION.md lists which calls of the Platform API are served and which are not.
Not emulated besides: TLS, the dynos' share of the CPU, buildpacks other than Python's
requirements.txt, attached one-off dynos, add-ons other than heroku-postgresql and the
one SQLite file that every app has.
"""
