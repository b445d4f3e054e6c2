"""A Heroku that fits on a laptop, on loopback only.

The Platform API over HTTP, source builds, releases with their release phase,
dynos as child processes, one router per app and a small Logplex.  It is a
development platform and no sandbox: apps run as the user who started it.

Not emulated: TLS, add-ons other than one SQLite file per app, daily dyno
cycling, preboot, buildpacks other than Python's requirements.txt, attached
one-off dynos, the router's concurrency limits, log drains, review apps.
"""
