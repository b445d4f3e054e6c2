"""A finding as a test: a pytest file that stands alone, to be kept by the team.

It fails where the finding is true (the candidate) and passes where old consumers are
served (the baseline). It needs pytest and requests, and jsonschema-rs where an answer
is held against the schema that production's document promises: without it the test
does not pass, since a test that is skipped proves nothing.
"""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from gate.judges.curl import IDEMPOTENCY_KEY
from gate.model.exchange import WireRequest
from gate.openapi.traffic.promises import Promise
from gate.reports.expectation import Accepted, Alike, Expectation, Promised, Stays
from gate.reports.literals import literal
from gate.reports.plain_text import plain

TARGET_VARIABLE = "TARGET_URL"
UNTOLD = frozenset({"connection", "content-length", "host"})


def as_test_file(
    title: str,
    request: WireRequest,
    expected: Expectation,
    *,
    candidate: str,
    seen: bool = True,
) -> str:
    """Return the file; *candidate* is the address it asks unless it is told another.

    *title* is what the finding says; *seen*: the exchange took place. Whatever is
    foreign stands in comments and in literals, never in the code itself.
    """
    needs = ["requests"]
    if isinstance(expected, Promised):
        needs.insert(0, "jsonschema_rs")
    return "\n".join(
        [
            *_heading(title, needs, seen=seen),
            *(f"import {name}" for name in _standard_modules(request)),
            "",
            *(f"import {name}" for name in needs),
            "",
            f"TARGET = os.environ.get({literal(TARGET_VARIABLE)}, {literal(candidate)})",
            *_headers(request),
            f"BODY = {_body(request)}",
            ASK.format(method=literal(request.method), path=literal(request.path)),
            _judging(expected),
        ]
    )


def _heading(title: str, needs: list[str], *, seen: bool) -> Iterator[str]:
    for line in plain(title).splitlines():
        yield from (f"# {short}" for short in textwrap.wrap(line, 84))
    yield "#"
    if not seen:
        yield "# Nobody has sent this yet. By what both documents say:"
    yield "# It fails on the candidate and passes on the baseline. To ask another app:"
    yield f"#     {TARGET_VARIABLE}=https://app.example pytest <this file>"
    names = " ".join(["pytest", *needs]).replace("_", "-")
    yield f"# It needs: pip install {names}"
    yield ""


def _standard_modules(request: WireRequest) -> Iterator[str]:
    if request.base64:
        yield "base64"
    yield "os"
    if any(name.lower() == IDEMPOTENCY_KEY for name in request.headers):
        yield "uuid"


def _headers(request: WireRequest) -> Iterator[str]:
    if not request.headers and not request.secrets:
        yield "HEADERS = {}"
        return
    yield "HEADERS = {"
    for name, value in request.headers.items():
        if name.lower() == IDEMPOTENCY_KEY:  # a used one asks for an old answer
            yield f"    {literal(name)}: str(uuid.uuid4()),"
        elif name.lower() not in UNTOLD:
            yield f"    {literal(name)}: {literal(value)},"
    for name, variable in request.secrets.items():
        yield f"    {literal(name)}: os.environ[{literal(variable)}],"
    yield "}"


def _body(request: WireRequest) -> str:
    if request.body is None:
        return "None"
    if request.base64:
        return f"base64.b64decode({literal(request.body)})"
    return f"{literal(request.body)}.encode()"


def _judging(expected: Expectation) -> str:
    match expected:
        case Accepted(family, status):
            return ACCEPTED.format(served=_served(family, status))
        case Stays(family, media):
            return STAYS.format(served=_served(family), media=literal(media))
        case Alike(family, kinds):
            named = f"KINDS = {literal(kinds)}\n\n\n"
            return named + ALIKE.format(served=_served(family))
        case Promised(family, promises):
            named = f"PROMISED = {literal(_data(promises))}\n\n\n"
            return named + PROMISED.format(served=_served(family))


def _served(family: int | None, status: int | None = None) -> str:
    """Return the assertion that the status is of the right hundred, or the right one."""
    if family is None:
        return ""
    told = 'f"answered {answer.status_code}: {answer.text[:1000]}"'
    if status is not None:
        return f"    assert answer.status_code == {status}, {told}\n"
    return f"    assert answer.status_code // 100 == {family}, {told}\n"


def _data(promises: Mapping[str, Promise]) -> dict[str, Any]:
    return {
        status: {"headers": each.headers, "content": each.content}
        for status, each in promises.items()
    }


ASK = """

def ask():
    return requests.request(
        {method},
        TARGET + {path},
        headers=HEADERS,
        data=BODY,
        allow_redirects=False,
        timeout=30,
    )

"""
ACCEPTED = """\
def test_an_old_request_is_answered_as_before():
    answer = ask()
{served}"""
STAYS = """\
def test_an_answer_has_the_format_that_old_consumers_know():
    answer = ask()
{served}\
    media = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    assert media == {media}
"""
ALIKE = """\
def kinds(value, place=""):
    # What stands at each place of a JSON value; items of a list share one place.
    yield place, type(value).__name__
    if isinstance(value, dict):
        for name, member in value.items():
            yield from kinds(member, f"{{place}}/{{name}}")
    if isinstance(value, list):
        for item in value:
            yield from kinds(item, place + "/*")


def test_an_answer_has_the_shape_that_old_consumers_know():
    answer = ask()
{served}\
    found = list(kinds(answer.json()))
    for place, known in KINDS.items():
        assert {{kind for at, kind in found if at == place}} == set(known), place
"""
PROMISED = """\
def test_an_answer_is_what_old_consumers_were_promised():
    answer = ask()
{served}\
    status = str(answer.status_code)
    known = [name for name in (status, status[0] + "XX", "default") if name in PROMISED]
    assert known, f"status {{status}} was never promised"
    promised = PROMISED[known[0]]
    for header in promised["headers"]:
        assert header in answer.headers, f"header {{header}} is missing"
    if promised["content"]:
        schema = schema_of(answer, promised["content"])
        if schema is not True:
            judge = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            wrong = [error.message for error in judge.iter_errors(answer.json())]
            assert not wrong, f"{{wrong[:5]}} in {{answer.text[:1000]}}"


def schema_of(answer, content):
    media = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    by_name = {{name.partition(";")[0]: schema for name, schema in content.items()}}
    for name in (media, media.partition("/")[0] + "/*", "*/*"):
        if name in by_name:
            return by_name[name]
    raise AssertionError(f"format {{media!r}} was never promised")
"""
