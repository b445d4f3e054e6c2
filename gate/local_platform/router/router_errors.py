"""The router's error codes, their statuses and the page a visitor sees."""

from dataclasses import dataclass
from html import escape
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of request that the router answers itself, or sees break off."""

    code: str
    description: str
    status: int | None = 503
    level: str = "error"
    sock: str = ""  # whose side broke off, where the log says so
    cause: str = ""


class Refusal(Exception):
    """A request ends in the router, by this code."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.description)
        self.code = code


CRASHED: Final = Code("H10", "App crashed")
BACKLOG: Final = Code("H11", "Backlog too deep")
REQUEST_TIMEOUT: Final = Code("H12", "Request timeout")
NO_RESPONSE: Final = Code("H13", "Connection closed without response")
NO_WEB: Final = Code("H14", "No web processes running")
IDLE: Final = Code("H15", "Idle connection")
BAD_RESPONSE: Final = Code("H17", "Poorly formatted HTTP response")
INTERRUPTED: Final = Code("H18", "Server Request Interrupted", sock="backend")
CONNECT_TIMEOUT: Final = Code("H19", "Backend connection timeout")
BOOT_TIMEOUT: Final = Code("H20", "App boot timeout")
REFUSED: Final = Code("H21", "Backend connection refused")
CROWDED: Final = Code("H22", "Connection limit reached")
FORCED_CLOSE: Final = Code("H24", "Forced close", None)
CLIENT_GONE: Final = Code(
    "H27", "Client Request Interrupted", 499, "warning", sock="client"
)
CLIENT_IDLE: Final = Code("H28", "Client Connection Idle", 499, "warning")
MISDIRECTED: Final = Code("H31", "Misdirected Request", 421)
QUARANTINED: Final = Code("H34", "All up dynos are quarantined")
MAINTENANCE: Final = Code("H80", "Maintenance mode", 503, "info")
BLANK: Final = Code("H81", "Blank app", 502, "info")
PLATFORM_ERROR: Final = Code("H99", "Platform error")


def restriction(what: str) -> Code:
    """H25: the dyno's answer exceeds what HTTP or the router allows."""
    return Code("H25", f"HTTP restriction: {what}", 502)


def bad_request(cause: str, status: int = 400) -> Code:
    """H26: the client's request is not one that the router may pass on."""
    return Code("H26", "Request Error", status, cause=cause)


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
_FRAME = """<!DOCTYPE html>
<html lang="en">
  <head><meta charset="utf-8"><title>{title}</title>
  <style>html, body, iframe {{ margin: 0; border: 0; width: 100%; height: 100% }}</style>
  </head>
  <body><iframe src="{url}"></iframe></body>
</html>
"""


def page(error: Code, config: dict[str, str]) -> str:
    """The HTML page for an error, or the one that the app's config vars name.

    Like Heroku's, a page of the app's own is shown in a frame.
    """
    own = "ERROR_PAGE_URL"
    title, text = "Application error", "The app could not serve this request."
    if error is MAINTENANCE:
        own = "MAINTENANCE_PAGE_URL"
        title, text = "Offline for maintenance", "This app is in maintenance mode."
    elif error is BLANK:
        title, text = "Nothing here yet", "No release with a slug was made so far."
    elif error.status != 503:
        own, title, text = "", "Bad request", "The router does not pass this on."
    url = config.get(own, "")
    if url.startswith(("https://", "http://", "//")):
        return _FRAME.format(title=title, url=escape(url))
    return _PAGE.format(
        title=title, text=text, code=error.code, description=error.description
    )
