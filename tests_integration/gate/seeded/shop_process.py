"""Serves both components of the app in the folder it is started in, on free ports.

Ends when its standard input does.
"""

import json
import logging
import os
import sys
import threading
from typing import Any

from werkzeug.serving import make_server

from app import orders, pricing, release


def serve(app: Any) -> str:
    """Serve *app* on loopback from a thread; the address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def main() -> None:
    """Migrate, serve, tell where, wait."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    release_says, sys.stdout = sys.stdout, sys.stderr
    release.main()
    sys.stdout = release_says
    os.environ["PRICING_URL"] = serve(pricing.create_app())
    print(json.dumps({"orders": serve(orders.create_app())}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
