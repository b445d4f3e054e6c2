"""Every rule a comparison can report: its id, its usual level, and what it means."""

from dataclasses import dataclass

from gate.openapi.changes import Level


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule id, the level it usually has, and one sentence that explains it."""

    id: str
    level: Level
    sentence: str


_BREAKS = {
    "path-removed": "A path is gone; every request to it fails.",
    "operation-removed": "An operation is gone; every request to it fails.",
    "server-base-path-changed": (
        "No server has the base path that consumers put before every path."
    ),
    "request-parameter-required": (
        "A parameter is new and required; requests without it are refused."
    ),
    "request-parameter-became-required": (
        "A parameter was optional and is now required."
    ),
    "request-parameter-moved": (
        "A parameter is read from another place, such as a header instead of the query;"
        " one that is required there breaks, an optional one may."
    ),
    "request-parameter-serialisation-changed": (
        "A parameter is written differently (style, explode or content)."
    ),
    "request-body-required": "A request body is new and required.",
    "request-body-became-required": "The request body was optional and is now required.",
    "request-media-type-removed": "A body format is no longer accepted in requests.",
    "request-encoding-changed": (
        "A field of a form is written differently, or takes fewer content types."
    ),
    "request-security-added": "Credentials are required where none were.",
    "request-security-tightened": "Credentials that sufficed no longer do.",
    "request-security-scheme-changed": (
        "A security scheme of the same name wants another kind of credential."
    ),
    "response-success-status-removed": "A status that told of success is gone.",
    "response-body-removed": "An answer that had a body has none.",
    "response-media-type-removed": "A body format is no longer offered in answers.",
    "response-header-removed": (
        "A header is gone from an answer; a required one breaks, an optional one may."
    ),
    "response-header-serialisation-changed": (
        "A header is written differently (explode or content)."
    ),
    "request-xml-changed": "Requests in XML need other names, attributes or wrappings.",
    "response-xml-changed": "Answers in XML have other names, attributes or wrappings.",
    "response-header-became-optional": "A header that was always there may be missing.",
    "callback-method-changed": "The service calls consumers with another method.",
    "callback-body-removed": "What the service sends to consumers has no body any more.",
    "callback-body-became-optional": (
        "What the service sends to consumers may come without its body."
    ),
    "callback-media-type-added": (
        "The service may send consumers a body format that they were never told of."
    ),
    "callback-parameter-removed": (
        "The service no longer sends consumers a parameter or header they require."
    ),
    "callback-parameter-became-optional": (
        "The service may leave out a parameter or header that consumers require."
    ),
    "callback-answer-media-type-removed": (
        "The service no longer takes a body format in consumers' answers."
    ),
}
_MAY_BREAK = {
    "path-shadowed": (
        "A new concrete path takes requests that a path with a parameter took before."
    ),
    "server-base-path-removed": "One of several base paths is gone.",
    "request-parameter-removed": (
        "A parameter is no longer declared; what consumers send may be ignored."
    ),
    "request-parameter-default-changed": (
        "The default of a parameter changed, for those who leave it out."
    ),
    "request-parameter-described": (
        "A path parameter is described for the first time, more narrowly than any text."
    ),
    "request-parameter-empty-refused": "A parameter no longer allows an empty value.",
    "request-parameter-reserved-refused": (
        "Reserved characters in a parameter now have to be percent-encoded."
    ),
    "request-body-removed": (
        "The request body is no longer declared; what consumers send may be ignored."
    ),
    "request-security-optional-removed": (
        "Credentials that could be sent, or left out, are no longer asked for."
    ),
    "request-media-type-parameters-changed": (
        "A body format of requests has other parameters, such as a version."
    ),
    "response-media-type-parameters-changed": (
        "A body format of answers has other parameters, such as a version."
    ),
    "response-link-removed": "A link is gone from an answer.",
    "response-link-changed": "A link of an answer leads elsewhere.",
    "callback-removed": "The service no longer calls consumers back.",
    "callback-url-changed": "The service takes a callback's address from elsewhere.",
    "callback-answer-status-removed": (
        "A status that consumers may answer a callback with is no longer listed."
    ),
    "callback-answer-body-required": (
        "The service expects a body in consumers' answers where it expected none."
    ),
    "sunset-earlier": "The announced last day (x-sunset) moved to an earlier one.",
    "stability-lowered": "The stability level (x-stability-level) is lower than before.",
}
_NOTICE = {
    "unread": "A part that could not be read is the same in both documents.",
    "path-removed-after-sunset": "A path is gone after its announced last day.",
    "operation-removed-after-sunset": "An operation is gone after its announced last day.",
    "request-parameter-removed-after-sunset": (
        "A parameter is gone after its announced last day."
    ),
    "response-field-removed-after-sunset": (
        "A field is gone from answers after its announced last day."
    ),
    "operation-deprecated": "An operation is newly marked as deprecated.",
    "operation-id-changed": (
        "The operationId changed, and with it a name in generated clients."
    ),
    "request-parameter-deprecated": "A parameter is newly marked as deprecated.",
    "sunset-unreadable": "The announced last day (x-sunset) is no day any more.",
    "response-error-status-removed": (
        "A failure is no longer listed; one whose body was described may break."
    ),
    "response-success-status-added": "A status is new among the successful answers.",
    "security-scheme-details-changed": (
        "Addresses, flows or token formats of a security scheme changed."
    ),
    "server-removed": "A server is gone, and others have its base path.",
}
_UNDECIDED = {
    "undecided": "Whether this is compatible could not be proved either way.",
}
_SCHEMA_BREAKS = {
    "request-field-required": "A field is new and required in requests.",
    "request-field-became-required": "A field of requests was optional and is required.",
    "request-field-refused": "A field of requests is no longer accepted.",
    "request-type-changed": "Requests may no longer hold a value of this type.",
    "request-alternative-removed": "Requests may no longer take one of several forms.",
    "request-null-refused": "Requests may no longer hold null.",
    "request-enum-value-removed": "A listed value is no longer accepted.",
    "request-enum-added": "Only listed values are accepted where others were.",
    "request-one-of-ambiguous": (
        "Requests match more than one alternative of a oneOf, which refuses them."
    ),
    "response-field-removed": "A field that was always there is gone from answers.",
    "response-field-became-optional": (
        "A field that was always there may be missing from answers."
    ),
    "response-field-added-to-closed": (
        "Answers have a new field, and the old document allowed no further ones."
    ),
    "response-type-changed": "Answers may hold a value of a type never told of.",
    "response-alternative-added": "Answers may take a form never told of.",
    "response-became-nullable": "Answers may hold null where they held a value.",
    "response-enum-value-added": "Answers may hold a value that was not listed.",
    "response-enum-removed": "Answers are no longer limited to the listed values.",
}
_SCHEMA_MAY_BREAK = {
    "request-field-removed": (
        "A field of requests is no longer declared, and may be ignored."
    ),
    "request-fields-closed": (
        "Requests may no longer hold fields that the document does not declare."
    ),
    "response-fields-opened": (
        "Answers may hold undeclared fields where the old document allowed none."
    ),
    "response-optional-field-removed": "A field that was optional is gone from answers.",
    "request-format-changed": (
        "Text in requests has another format, which only the service can check."
    ),
    "response-format-changed": (
        "Text in answers has another format, which only the consumer can check."
    ),
    "request-discriminator-added": (
        "A choice in requests is now told by a field, which old requests may lack."
    ),
    "request-discriminator-changed": (
        "A choice in requests is told by another field than before."
    ),
    "response-discriminator-changed": (
        "A choice in answers is told by another field than before."
    ),
    "response-discriminator-removed": (
        "A choice in answers is no longer told by a field."
    ),
}
_SCHEMA_NOTICE = {
    "request-field-deprecated": "A field of requests is newly marked as deprecated.",
    "response-field-deprecated": "A field of answers is newly marked as deprecated.",
    "request-default-changed": "The default of a field in a request body changed.",
    "request-content-changed": (
        "The encoding or media type of text in requests is another one."
    ),
    "response-content-changed": (
        "The encoding or media type of text in answers is another one."
    ),
    "request-extensible-enum-changed": "The known values of an open list changed.",
    "response-extensible-enum-changed": "The known values of an open list changed.",
}
_NARROWED = {
    "range": "range of numbers",
    "multiple": "step between numbers (multipleOf)",
    "length": "length of text",
    "pattern": "pattern of text",
    "format": "format of text",
    "items-count": "number of items, or their uniqueness",
    "properties-count": "number of fields",
    "contains": "set of items that must be among the others",
    "property-names": "set of allowed field names",
    "conditions": "condition (not, if, then, else, dependent fields)",
}


def _listed() -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for level, sentences in (
        (Level.BREAKS, _BREAKS | _SCHEMA_BREAKS),
        (Level.UNDECIDED, _UNDECIDED),
        (Level.MAY_BREAK, _MAY_BREAK | _SCHEMA_MAY_BREAK),
        (Level.NOTICE, _NOTICE | _SCHEMA_NOTICE),
    ):
        found |= {id: Rule(id, level, text) for id, text in sentences.items()}
    for group, what in _NARROWED.items():
        request, response = f"request-{group}-narrowed", f"response-{group}-widened"
        asked = f"Requests are held to a narrower {what}."
        answered = f"Answers have a wider {what} than was told."
        found[request] = Rule(request, Level.BREAKS, asked)
        found[response] = Rule(response, Level.BREAKS, answered)
    return found


RULES = _listed()
