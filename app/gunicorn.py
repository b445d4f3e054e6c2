"""How gunicorn serves either component."""

import os

# Heroku's router reaches a dyno on every interface; HOST=127.0.0.1 keeps it local.
bind = f"{os.environ.get('HOST', '0.0.0.0')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
# Threads wait for pricing and for the database far more than they compute.
threads = 4
preload_app = True  # boot once, fork after; nothing connects before the fork
graceful_timeout = 20  # Heroku kills a dyno 30 s after SIGTERM
keepalive = 100  # longer than the router's 90 s, so that it never meets a closed socket
control_socket_disable = True  # several gunicorns may share one home
