"""The router's error codes, their statuses and the page a visitor sees."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of request that the router answers itself."""

    code: str
    description: str
    status: int = 503
    level: str = "error"


class Refusal(Exception):
    """A request ends in the router, by this code."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.description)
        self.code = code


CRASHED = Code("H10", "App crashed")
REQUEST_TIMEOUT = Code("H12", "Request timeout")
NO_RESPONSE = Code("H13", "Connection closed without response")
NO_WEB = Code("H14", "No web processes running")
IDLE = Code("H15", "Idle connection")
BAD_RESPONSE = Code("H17", "Poorly formatted HTTP response")
INTERRUPTED = Code("H18", "Server Request Interrupted")
CONNECT_TIMEOUT = Code("H19", "Backend connection timeout")
BOOT_TIMEOUT = Code("H20", "App boot timeout")
REFUSED = Code("H21", "Backend connection refused")
BAD_REQUEST = Code("H26", "Request Error", 400)
CLIENT_GONE = Code("H27", "Client Request Interrupted", 499, "warning")
CLIENT_IDLE = Code("H28", "Client Connection Idle", 499, "warning")
MISDIRECTED = Code("H31", "Misdirected Request", 421)
MAINTENANCE = Code("H80", "Maintenance mode", 503, "info")
BLANK = Code("H81", "Blank app", 502, "info")

_PAGE = """<!DOCTYPE html>
<html lang="en">
  <head><meta charset="utf-8"><title>{title}</title></head>
  <body>
    <h1>{title}</h1>
    <p>{text}</p>
    <p><small>{code} {description}</small></p>
  </body>
</html>
"""


def page(error: Code) -> str:
    """The HTML page for an error; it says no more than the code."""
    if error is MAINTENANCE:
        title, text = "Offline for maintenance", "This app is in maintenance mode."
    elif error is BLANK:
        title, text = "Nothing here yet", "No release with a slug was made so far."
    else:
        title, text = "Application error", "The app could not serve this request."
    return _PAGE.format(
        title=title, text=text, code=error.code, description=error.description
    )
