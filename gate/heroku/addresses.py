"""Which addresses the gate is willing to talk to."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from gate.errors import PlatformUnavailable, UsageProblem

NEEDED: Final = "use https, or http on this machine, such as http://127.0.0.1:5080"


def base_address(url: str) -> str:
    """Return the platform's base URL without its trailing slash.

    The token travels there, so it must be https or this machine; raises
    `UsageProblem` otherwise.
    """
    parts = _parts(url)
    if parts is None or not _is_private_way(parts):
        raise UsageProblem(
            "the platform's address cannot be used",
            why="the token would travel there in the clear",
            advice=NEEDED,
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageProblem(
            "the platform's address cannot be used",
            why="it carries a user, a query or a fragment",
            advice=NEEDED,
        )
    return url.rstrip("/")


def handed_address(url: str, *, call: str, base_url: str) -> str:
    """Return the URL that the platform handed out, if it is fit to be followed.

    A platform elsewhere may not point at this machine. Raises
    `PlatformUnavailable`, which does not quote the URL: it may be signed.
    """
    parts = _parts(url)
    fit = parts is not None and "@" not in parts.netloc and _is_private_way(parts)
    if not fit or (is_loopback(url) and not is_loopback(base_url)):
        raise PlatformUnavailable(
            f"{call} was not sent",
            why="the platform handed out an address that is not safe to follow",
            advice="check the platform's address in the settings",
        )
    return url


def is_loopback(url: str) -> bool:
    """Say whether a URL points at this machine."""
    parts = _parts(url)
    return parts is not None and _names_this_machine(parts.hostname or "")


def host_of(url: str) -> str:
    """Return the host of a URL: the part of a signed URL that may be told."""
    parts = _parts(url)
    return (parts.hostname or "") if parts else ""


def path(*segments: str | int) -> str:
    """Join path segments, each quoted.

    Raises `UsageProblem` for one that cannot be a name or an id.
    """
    texts = [str(segment) for segment in segments]
    for text in texts:
        if text in {"", ".", ".."} or not text.isprintable():
            raise UsageProblem(
                f"{text!a} is not the name or id of anything",
                advice="check the names of apps and pipelines in the settings",
            )
    return "".join("/" + quote(text, safe="") for text in texts)


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it is what checks it
    except ValueError:
        return None
    return parts if parts.hostname else None


def _is_private_way(parts: SplitResult) -> bool:
    if parts.scheme == "https":
        return True
    return parts.scheme == "http" and _names_this_machine(parts.hostname or "")


def _names_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
