"""Small OpenAPI documents, made from the one part that a test is about."""

import json
from typing import Any

from gate.openapi import Document, parse

Json = Any
STR, INT = {"type": "string"}, {"type": "integer"}


def root(*, version: str = "3.1.0", **members: Json) -> Json:
    """A whole document; `paths` and the rest as given."""
    about = {"title": "shop", "version": "1"}
    return {"openapi": version, "info": about, "paths": {}, **members}


def document(**members: Json) -> Document:
    """A parsed whole document."""
    return parse(json.dumps(root(**members)))


def operation(**members: Json) -> Document:
    """A document whose one operation, POST /a, has these members."""
    own = {"responses": {"204": {"description": ""}}, **members}
    return document(paths={"/a": {"post": own}})


def parameter(place: str = "query", schema: Json = None, **members: Json) -> Json:
    """A parameter `q`."""
    if "content" in members:
        return {"in": place, "name": "q", **members}
    return {"in": place, "name": "q", "schema": schema or STR, **members}


def asked(*parameters: Json, path: str = "/a") -> Document:
    """A document whose one operation, GET, takes these parameters."""
    own = {"parameters": list(parameters), "responses": {"204": {"description": ""}}}
    return document(paths={path: {"get": own}})


def content(schema: Json, media: str = "application/json", **entry: Json) -> Json:
    """A `content` object with one media type."""
    return {media: {"schema": schema, **entry}}


def sent(
    schema: Json,
    media: str = "application/json",
    *,
    required: bool = True,
    **entry: Json,
) -> Document:
    """A document whose one operation takes a body."""
    body = {"required": required, "content": content(schema, media, **entry)}
    return operation(requestBody=body)


def answered(schema: Json, media: str = "application/json", **answer: Json) -> Document:
    """A document whose one operation answers with a body."""
    told = {"description": "", "content": content(schema, media), **answer}
    return operation(responses={"200": told})


def statuses(**schemas: Json) -> Document:
    """A document whose one operation answers so: `s200=STR`, `s4XX=…`, `default=…`."""
    listed = {
        name.removeprefix("s"): {"description": "", "content": content(schema)}
        for name, schema in schemas.items()
    }
    return operation(responses=listed)


def called(webhook: Json) -> Document:
    """A document whose one webhook, POST paid, has these members."""
    own = {"responses": {"204": {"description": ""}}, **webhook}
    return document(webhooks={"paid": {"post": own}})


def fields(required: str = "", *, closed: bool = False, **properties: Json) -> Json:
    """An object schema."""
    found: Json = {"type": "object", "properties": properties}
    if required:
        found["required"] = required.split()
    if closed:
        found["additionalProperties"] = False
    return found
