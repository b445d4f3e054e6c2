"""Rule ids and sentences for what goes wrong between a writer and a reader."""

from gate.openapi.changes import Direction

_REQUEST = {
    "field-removed": (
        "field-required",
        "{name} is new and required; requests without it, as before, are refused",
    ),
    "field-optional": (
        "field-became-required",
        "{name} was optional and is now required; requests that leave it out are refused",
    ),
    "field-refused": (
        "field-refused",
        "{name} is no longer accepted; requests that send it are refused",
    ),
    "field-ignored": (
        "field-removed",
        "{name} is no longer declared; what consumers send there may be ignored",
    ),
    "annotation": (
        "format-changed",
        "{where} has another format, which only the service knows how to check",
    ),
    "discriminator": (
        "discriminator-added",
        "{where} has a discriminator now; requests that lack it may be refused",
    ),
    "deprecated": ("field-deprecated", "{where} is now deprecated"),
    "default": ("default-changed", "{where} has another default now: {detail}"),
    "content": ("content-changed", "{where} has another {detail}"),
    "extensible": ("extensible-enum-changed", "{where} lists other possible values"),
    "fields-closed": (
        "fields-closed",
        "{where} no longer takes the undeclared fields that it took before",
    ),
    "type-changed": (
        "type-changed",
        "{where} no longer accepts {detail}; requests that send it are refused",
    ),
    "alternative": (
        "alternative-removed",
        "{where} no longer accepts {detail}; requests that send it are refused",
    ),
    "null": (
        "null-refused",
        "{where} no longer accepts null; requests that send it are refused",
    ),
    "enum": (
        "enum-value-removed",
        "{where} no longer accepts {detail}; requests that send it are refused",
    ),
    "enum-limits": (
        "enum-added",
        "{where} now accepts listed values only, and refuses for instance {detail}",
    ),
    "one-of": (
        "one-of-ambiguous",
        "{where} must match exactly one alternative, and {detail} now does not",
    ),
}
_RESPONSE = {
    "field-removed": (
        "field-removed",
        "{name} is gone from the answer; consumers that read it find nothing",
    ),
    "field-optional": (
        "field-became-optional",
        "{name} was always there and may now be missing; consumers that rely on it fail",
    ),
    "field-refused": (
        "field-added-to-closed",
        "{name} is new in an answer that was closed; strict consumers refuse it",
    ),
    "field-removed-optional": (
        "optional-field-removed",
        "{name}, which was optional, is gone; consumers that read it never find it",
    ),
    "annotation": (
        "format-changed",
        "{where} has another format, which only the consumer knows how to check",
    ),
    "discriminator": (
        "discriminator-removed",
        "{where} has lost its discriminator; consumers that rely on it may fail",
    ),
    "deprecated": ("field-deprecated", "{where} is now deprecated"),
    "content": ("content-changed", "{where} has another {detail}"),
    "extensible": ("extensible-enum-changed", "{where} lists other possible values"),
    "fields-closed": (
        "fields-opened",
        "{where} may hold undeclared fields, which the old document did not allow",
    ),
    "type-changed": (
        "type-changed",
        "{where} may now be {detail}, which consumers were never told to expect",
    ),
    "alternative": (
        "alternative-added",
        "{where} may now be {detail}, which consumers were never told to expect",
    ),
    "null": (
        "became-nullable",
        "{where} may now be null; consumers that expect a value fail",
    ),
    "enum": (
        "enum-value-added",
        "{where} may now be {detail}; consumers that handle the listed values only fail",
    ),
    "enum-limits": (
        "enum-removed",
        "{where} is no longer limited to the listed values and may be {detail}",
    ),
    "one-of": (
        "one-of-ambiguous",
        "{where} matched exactly one alternative, and {detail} does not",
    ),
}
_GROUPS = {
    "range": "range",
    "multiple": "multiple",
    "length": "length",
    "pattern": "pattern",
    "format": "format",
    "items-count": "number of items",
    "properties-count": "number of fields",
    "contains": "required items",
    "property-names": "field names",
    "conditions": "conditions",
    "unreadable": "schema",
}


def say(
    direction: Direction, what: str, path: str, of: str, detail: str
) -> tuple[str, str]:
    """The rule id and the sentence for one kind of trouble at `path` of component `of`."""
    part = f" of {of}" if of else ""
    where = f"`{path}`{part}" if path else (of or "the body")
    request = direction is Direction.REQUEST
    if what == "undecided":
        side = "requests" if request else "answers"
        sentence = f"whether {where} in {side} is still compatible is unknown: {detail}"
        return "undecided", sentence
    table = _REQUEST if request else _RESPONSE
    if what in table:
        rule, pattern = table[what]
        sentence = pattern.format(name=where, where=where, detail=detail)
        return f"{direction}-{rule}", sentence
    group = _GROUPS[what]
    if request:
        sentence = f"{where} has a narrower {group}; for instance {detail} is refused"
        return f"request-{what}-narrowed", sentence
    sentence = f"{where} has a wider {group}; consumers now meet for instance {detail}"
    return f"response-{what}-widened", sentence
