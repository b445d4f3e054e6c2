"""What was asked of the API and what it answered, kept for checks of its answers.

A development setting, off by default: `python -m gate.local_platform --exchanges FILE`
appends a JSON object for each exchange to FILE, readable by its owner only.  Platforms
that are started by `control.up` write a file of their own each to the folder that the
environment variable LOCAL_PLATFORM_EXCHANGES names.  Values of config vars and of
one-off dynos' environments, tokens and signatures are left out.
"""

import json
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

_MASK = "***"
_SIGNATURE = re.compile(r"signature=[0-9a-f]+")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def recording(file: Path) -> Callable[..., Awaitable[web.StreamResponse]]:
    """The outermost middleware of an API whose exchanges are kept."""
    descriptor = os.open(
        file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600
    )

    @web.middleware
    async def recorded(request: web.Request, handler: _Handler) -> web.StreamResponse:
        response = await handler(request)
        line = json.dumps(_exchange(request, response))
        os.write(
            descriptor, _SIGNATURE.sub(f"signature={_MASK}", line).encode() + b"\n"
        )
        return response

    return recorded


def _exchange(request: web.Request, response: web.StreamResponse) -> dict[str, Any]:
    resource = request.match_info.route.resource
    route = resource.canonical if resource else None
    answer = None  # for what streams
    if isinstance(response, web.Response):
        text, is_json = response.text, response.content_type == "application/json"
        answer = json.loads(text) if text and is_json else response.content_type
    sent = request.get("body")
    if route and route.endswith("/config-vars"):
        sent = _masked(sent)
        answer = _masked(answer) if response.status < 400 else answer
    if isinstance(sent, dict) and isinstance(sent.get("env"), dict):
        sent = {**sent, "env": _masked(sent["env"])}
    return {
        "method": request.method,
        "path": request.path,
        "route": route,
        "client": request.headers.get("User-Agent", ""),
        "expanded": request.headers.get("Accept-Expansion", ""),
        "status": response.status,
        "request": sent,
        "response": answer,
    }


def _masked(values: Any) -> Any:
    """The same names with the texts hidden, other types as they are."""
    if not isinstance(values, dict):
        return values
    return {k: _MASK if isinstance(v, str) else v for k, v in values.items()}
