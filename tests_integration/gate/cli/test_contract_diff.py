"""``gate contract diff``: a part that stands alone, on files and addresses of anybody."""

import contextlib
import importlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gate.cli import run
from gate.errors import ExitCode
from gate.openapi.rules import RULES
from tests_integration.gate.cli.gate_command import Said, gate
from tests_unit.gate.fakes.web import Reply, serving

OLD = """\
openapi: 3.1.0
info: {title: orders, version: "1"}
paths:
  /orders:
    get:
      parameters:
      - {name: limit, in: query, schema: {type: integer, maximum: 100}}
      responses:
        "200":
          description: all
          content:
            application/json:
              schema:
                type: array
                items:
                  $ref: schemas/order.yaml
"""
ORDER = """\
type: object
required: [id]
properties:
  id: {type: string}
  state: {enum: [open, paid]}
"""
BREAKING = OLD.replace("maximum: 100", "maximum: 50")
WIDER = OLD.replace("maximum: 100", "maximum: 200")
SETTINGS = """\
[tool.gate.contract]
[[tool.gate.contract.accept]]
rule = "request-range-narrowed"
operation = "GET /orders"
reason = "nobody asks for that many"
until = 2026-12-31
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that belongs to no repository and no project."""
    folder = tmp_path_factory.mktemp("anywhere")
    (folder / "schemas").mkdir()
    (folder / "schemas" / "order.yaml").write_text(ORDER)
    for name, text in (("old", OLD), ("breaking", BREAKING), ("wider", WIDER)):
        (folder / f"{name}.yaml").write_text(text)
    return folder


Diff = Callable[..., Said]


@pytest.fixture
def diff(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Diff]:
    """The command as a process of its own runs it, but in this one, which is quicker.

    In a folder, and on a day that does not pass; standard input is a web page.
    """
    before = signal.getsignal(signal.SIGTERM)
    page = io.TextIOWrapper(io.BytesIO(b"<html>"))

    def compared(folder: Path, *arguments: str, verb: str = "diff") -> Said:
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.stdin", page)
        day = ("--day", "2026-11-28") if verb == "diff" else ()
        code = run(["contract", verb, *day, *arguments])
        told = capfdbinary.readouterr()
        return Said(code, told.out.decode(), told.err.decode())

    yield compared
    signal.signal(signal.SIGTERM, before)


def test_a_break_ends_with_ten_and_is_told_last(folder: Path) -> None:
    """As text, outside of any repository, with files beside the document."""
    said = gate(folder, "contract", "diff", "old.yaml", "breaking.yaml")
    assert (said.code, said.err) == (ExitCode.BLOCKED, "")
    assert "GET /orders" in said.out
    assert said.out.splitlines()[-1] == "not compatible: 1 break"


def test_what_is_proved_compatible_ends_with_nought(diff: Diff, folder: Path) -> None:
    """A request that may hold more."""
    said = diff(folder, "old.yaml", "wider.yaml")
    assert said.code == ExitCode.PASSED
    assert said.out.splitlines()[-1].startswith("compatible: proved for 1 operation")


def test_a_machine_gets_one_document_with_the_payload(diff: Diff, folder: Path) -> None:
    """Also from a URL and from standard input, and into a file."""
    document = diff(folder, "old.yaml", "breaking.yaml", "--json").document
    (change,) = document["changes"]
    assert document["result"] == "breaks"
    assert 50 < change["counterexample"]["value"] <= 100

    self_contained = OLD.replace("$ref: schemas/order.yaml", "type: object")
    narrower = self_contained.replace("maximum: 100", "maximum: 50")
    reply = Reply(body=self_contained.encode())
    with serving(lambda request: reply) as served:
        url = served.replace("http://", "http://ada:hunter2@")
        piped = subprocess.run(
            [
                *(sys.executable, "-m", "gate", "contract", "diff"),
                *(f"{url}/openapi.yaml", "-", "--json", "--output", "found.json"),
            ],
            cwd=folder,
            input=narrower,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (piped.returncode, piped.stdout) == (ExitCode.BLOCKED, "")
    written = json.loads((folder / "found.json").read_text())
    assert [each["id"] for each in written["changes"]] == [change["id"]]
    assert written["old"] == f"{served}/openapi.yaml"  # without the password
    assert written["new"] == "standard input"


def test_editors_and_scanners_get_file_and_line(diff: Diff, folder: Path) -> None:
    """Where the changed schema stands in the new text."""
    (only,) = diff(folder, "old.yaml", "breaking.yaml", "--sarif").document["runs"]
    (result,) = only["results"]
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "breaking.yaml"
    line = physical["region"]["startLine"]
    assert "limit" in BREAKING.splitlines()[line - 1]


def test_a_change_in_a_file_beside_the_document_is_placed_there(
    diff: Diff, folder: Path
) -> None:
    """By its pointer in that file, and by that file's line."""
    later = ORDER.replace("[open, paid]", "[open, paid, sent]")
    (folder / "schemas" / "later.yaml").write_text(f"# of 2027\n{later}")
    (folder / "later.yaml").write_text(OLD.replace("order.yaml", "later.yaml"))
    (change,) = diff(folder, "old.yaml", "later.yaml", "--json").document["changes"]
    assert change["pointer_old"] == "schemas/order.yaml#/properties/state"
    assert change["counterexample"]["schema_new"].startswith("schemas/later.yaml#")
    (only,) = diff(folder, "old.yaml", "later.yaml", "--sarif").document["runs"]
    physical = only["results"][0]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "schemas/later.yaml"
    lines = (folder / "schemas" / "later.yaml").read_text().splitlines()
    assert "state" in lines[physical["region"]["startLine"] - 1]


def test_a_pull_request_gets_a_comment(diff: Diff, folder: Path) -> None:
    """In Markdown."""
    said = diff(folder, "old.yaml", "breaking.yaml", "--markdown")
    assert said.out.startswith("### API contract: not compatible: 1 break")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--day", "2026-12-31"), ExitCode.PASSED),
        (("--day", "2027-01-01"), ExitCode.BLOCKED),
        (("--day", "2026-12-31", "--no-settings"), ExitCode.BLOCKED),
    ],
)
def test_the_settings_of_a_project_count_inside_of_it(
    diff: Diff, tmp_path: Path, folder: Path, arguments: tuple[str, ...], code: int
) -> None:
    """From any folder below, until the day that they name, unless they are ignored."""
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    below = tmp_path / "docs"
    below.mkdir()
    files = str(folder / "old.yaml"), str(folder / "breaking.yaml")
    assert diff(below, *files, *arguments).code == code


def test_the_failing_level_is_a_choice(diff: Diff, folder: Path) -> None:
    """From proved breaks only, to anything that is worth knowing."""
    deprecated = OLD.replace("    get:\n", "    get:\n      deprecated: true\n")
    (folder / "deprecated.yaml").write_text(deprecated)
    assert diff(folder, "old.yaml", "deprecated.yaml").code == ExitCode.PASSED
    strict = diff(folder, "old.yaml", "deprecated.yaml", "--fail-on", "notice")
    assert strict.code == ExitCode.BLOCKED
    assert strict.out.splitlines()[-1] == "fails: 1 notice (--fail-on notice)"
    spelt = diff(folder, "old.yaml", "deprecated.yaml", "--fail-on", "may break")
    assert spelt.code == ExitCode.PASSED


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("old.yaml", "nowhere.yaml"), ("the new document", "nowhere.yaml")),
        (("schemas/order.yaml", "old.yaml"), ("the old document", "order.yaml")),
        (("-", "-"), ("standard input",)),
        (("-", "old.yaml"), ("the old document", "standard input")),
        (("old.yaml", "old.yaml", "--json", "--sarif"), ("exclude each other",)),
        (("old.yaml", "old.yaml", "--output", "no/where"), ("no/where",)),
        (("old.yaml", "old.yaml", "--output", "./old.yaml"), ("written over it",)),
        (("old.yaml", "old.yaml", "--output", "schemas/order.yaml"), ("over it",)),
        (("old.yaml", "old.yaml", "--fail-on", "never"), ("never",)),
        (("old.yaml",), ("NEW",)),
    ],
)
def test_bad_input_is_named_with_its_place(
    diff: Diff, folder: Path, arguments: tuple[str, ...], told: tuple[str, ...]
) -> None:
    """And ends with 2, never with a traceback or as compatible."""
    said = diff(folder, *arguments)
    assert said.code == ExitCode.USAGE
    text = said.err + said.out
    assert "Traceback" not in text
    for part in told:
        assert part in text


def test_a_mistake_in_the_settings_is_told_with_the_way_around(
    diff: Diff, tmp_path: Path, folder: Path
) -> None:
    """Rules have to exist; nothing is compared under a policy that was misspelt."""
    (tmp_path / "pyproject.toml").write_text(SETTINGS.replace("range", "rnage"))
    files = str(folder / "old.yaml"), str(folder / "breaking.yaml")
    said = diff(tmp_path, *files)
    assert said.code == ExitCode.USAGE
    assert "did you mean request-range-narrowed?" in said.err
    assert "--no-settings" in said.err


def test_all_rules_are_listed(diff: Diff, folder: Path) -> None:
    """With the ids that settings and reports use."""
    listed = diff(folder, "--json", verb="rules").document["rules"]
    assert {each["id"] for each in listed} == set(RULES)
    lines = diff(folder, verb="rules").out.splitlines()
    assert len(lines) == len(RULES)


def test_both_documents_can_come_through_pipes(diff: Diff, folder: Path) -> None:
    """As a shell gives them: diff <(git show v1:api.yaml) <(git show v2:api.yaml)."""
    alone = OLD.replace("$ref: schemas/order.yaml", "type: object")
    with contextlib.ExitStack() as opened:
        places = []
        for text in (alone, alone.replace("maximum: 100", "maximum: 50")):
            reading, writing = os.pipe()
            opened.callback(os.close, reading)
            with open(writing, "w") as pipe:  # noqa: PTH123 - it has no path yet
                pipe.write(text)
            places.append(f"/dev/fd/{reading}")
        said = diff(folder, *places)
    assert said.code == ExitCode.BLOCKED
    assert said.out.splitlines()[-1] == "not compatible: 1 break"


def test_what_changed_is_told_from_what_to_what(diff: Diff, folder: Path) -> None:
    """For people and for machines, also in a file beside the document."""
    (change,) = diff(folder, "old.yaml", "breaking.yaml", "--json").document["changes"]
    assert (change["was"], change["now"]) == ({"maximum": 100}, {"maximum": 50})
    assert "maximum 100 → 50" in diff(folder, "old.yaml", "breaking.yaml").out
    (folder / "schemas" / "more.yaml").write_text(ORDER.replace("paid]", "paid, x]"))
    (folder / "more.yaml").write_text(OLD.replace("order.yaml", "more.yaml"))
    (change,) = diff(folder, "old.yaml", "more.yaml", "--json").document["changes"]
    assert change["now"] == {"enum": ["open", "paid", "x"]}


def test_a_schema_of_its_own_file_is_named_by_that(diff: Diff, folder: Path) -> None:
    """It is not called the body, which it is only a part of."""
    split = ORDER.replace("{enum: [open, paid]}", "{$ref: state.yaml}")
    for name, states in (("before", "open, paid"), ("after", "open, paid, sent")):
        (folder / name).mkdir()
        (folder / name / "state.yaml").write_text(f"enum: [{states}]")
        (folder / name / "order.yaml").write_text(split)
        text = OLD.replace("schemas/order.yaml", "order.yaml")
        (folder / name / "api.yaml").write_text(text)
    said = diff(folder, "before/api.yaml", "after/api.yaml")
    assert "    `state.yaml#` may now be" in said.out
    assert "body /0/state" in said.out


def test_the_same_text_twice_is_said_to_be_that(diff: Diff, folder: Path) -> None:
    """Nothing has to be compared; but what is broken is told, or refused, as ever."""
    alone = OLD.replace("$ref: schemas/order.yaml", "type: object")
    for name in ("one.yaml", "two.yaml"):
        (folder / name).write_text(alone)
    said = diff(folder, "one.yaml", "two.yaml")
    assert said.code == ExitCode.PASSED
    assert "byte for byte" in said.out.splitlines()[-1]
    assert diff(folder, "schemas/order.yaml", "schemas/order.yaml").code == 2
    lost = OLD.replace("schemas/order.yaml", "'#/components/schemas/Lost'")
    (folder / "lost.yaml").write_text(lost)
    assert diff(folder, "lost.yaml", "lost.yaml").code == ExitCode.BLOCKED


@pytest.mark.parametrize(
    ("redirected", "code", "told"),
    [
        (">&-", ExitCode.USAGE, "cannot write to stdout\n  why: it is closed"),
        (">/dev/full", ExitCode.UNAVAILABLE, "no space left on device"),
        ("| head -c 1", ExitCode.BLOCKED, ""),
        (">found.txt", ExitCode.BLOCKED, ""),
    ],
)
def test_a_stdout_that_takes_nothing_is_told_in_a_line(
    folder: Path, redirected: str, code: int, told: str
) -> None:
    """Closed, full, left early or of few characters: never with a traceback."""
    command = f"{sys.executable} -m gate contract diff old.yaml breaking.yaml"
    finished = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{command} {redirected}"],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == code
    assert "Traceback" not in finished.stderr
    assert told in finished.stderr
    if told == "":
        assert finished.stderr == ""


def test_a_dash_for_the_output_is_stdout(diff: Diff, folder: Path) -> None:
    """As it is for the input."""
    said = diff(folder, "old.yaml", "breaking.yaml", "--markdown", "--output", "-")
    assert said.out.startswith("### API contract: not compatible: 1 break")
    assert not (folder / "-").exists()


@pytest.mark.parametrize(
    ("trouble", "code"),
    [(RuntimeError("odd"), ExitCode.DEFECT), (KeyboardInterrupt(), 130)],
)
def test_last_words_are_about_documents(
    diff: Diff,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: BaseException,
    code: int,
) -> None:
    """There is no promotion to reassure anybody about, and no run to look at."""

    def fail(*_: object) -> None:
        raise trouble

    module = importlib.import_module("gate.cli.contract.diff")
    monkeypatch.setattr(module, "compare", fail)
    said = diff(folder, "old.yaml", "breaking.yaml")
    assert said.code == code
    assert "promoted" not in said.err
    assert "status" not in said.err
