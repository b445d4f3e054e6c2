"""A shop of one page: the least that can be released."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PRODUCT = {"name": "tea", "cents": 450}
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "cents": {"type": "integer"}},
    "required": list(PRODUCT),
}
ANSWER = {"description": "it", "content": {"application/json": {"schema": SCHEMA}}}
PRODUCT_READ = {"operationId": "product", "responses": {"200": ANSWER}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "shop", "version": "1"},
    "paths": {"/product": {"get": PRODUCT_READ}},
}
PAGES = {"/readyz": {"ready": True}, "/product": PRODUCT, "/openapi.json": DOCUMENT}


class Shop(BaseHTTPRequestHandler):
    """Answers GET with JSON."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with a page, or say that there is none."""
        page = PAGES.get(self.path.partition("?")[0])
        body = json.dumps(page).encode()
        self.send_response(404 if page is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    address = ("127.0.0.1", int(os.environ["PORT"]))
    ThreadingHTTPServer(address, Shop).serve_forever()
