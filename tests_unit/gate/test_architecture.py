"""The house proves its own rules: small, closed, and careful with processes."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "gate").rglob("*.py"))
TESTS = sorted(
    path
    for path in ROOT.glob("tests_*/gate/**/*.py")
    if "__pycache__" not in path.parts
)
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
FORBIDDEN |= {"shared", "core", "lib"}
MOST_LINES = 400
MOST_BODY_LINES = 40
STARTERS = {"run", "Popen", "call", "check_call", "check_output"}
CARELESS = {"os.system", "os.popen", "eval", "exec", "subprocess.getoutput"}
JSON_TYPES = {"str", "int", "float", "bool", "dict", "list", "tuple", "bytes"}
PURE = {"judges", "model", "stats", "openapi"}
IMPURE = {"time", "os", "socket", "random", "requests", "subprocess", "threading"}

Node = TypeVar("Node", bound=ast.AST)


def name(path: Path) -> str:
    """A module's path in the repository."""
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    """A module, parsed."""
    return ast.parse(path.read_text(), name(path))


def nodes(path: Path, kind: type[Node]) -> Iterator[tuple[str, Node]]:
    """The nodes of one kind in a module, each with its place."""
    for node in ast.walk(tree(path)):
        if isinstance(node, kind):
            yield f"{name(path)}:{getattr(node, 'lineno', 0)}", node


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    """All functions and methods of a module, each with its place."""
    yield from nodes(path, ast.FunctionDef)
    for where, node in nodes(path, ast.AsyncFunctionDef):
        yield where, cast("ast.FunctionDef", node)  # they have the same parts


def test_every_module_fits_in_one_head() -> None:
    """At most 400 lines, and functions whose bodies fit on a screen."""
    long = [name(p) for p in MODULES if len(p.read_text().splitlines()) > MOST_LINES]
    for path in MODULES:
        for where, function in functions(path):
            first = function.body[0]
            told = ast.get_docstring(function) is not None
            begins = (first.end_lineno or 0) + 1 if told else first.lineno
            if (function.end_lineno or 0) - begins >= MOST_BODY_LINES:
                long.append(f"{where} {function.name}")
    assert long == []


def test_every_module_has_a_name_that_says_something() -> None:
    """What could hold anything ends up holding everything."""
    parts = {name(path): set(path.with_suffix("").parts) for path in MODULES}
    assert [path for path, words in parts.items() if words & FORBIDDEN] == []


def test_every_module_says_what_it_is() -> None:
    """In a sentence at its top; public functions and classes as well."""
    silent = [name(path) for path in MODULES if not ast.get_docstring(tree(path))]
    for path in MODULES:
        public = (
            node
            for node in tree(path).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
        )
        silent += [
            f"{name(path)} {node.name}"
            for node in public
            if not ast.get_docstring(node)
        ]
    assert silent == []


def test_no_kind_falls_through_unseen() -> None:
    """``case _`` hides what was forgotten, but for open sets such as numbers or text.

    There it is fine, as it is with `assert_never`, by which the type checker finds
    every kind that has no place.
    """
    hidden = [
        where
        for path in MODULES
        for where, match in nodes(path, ast.Match)
        if any(_catches_all(case) and not _is_never(case) for case in match.cases)
        and not all(_is_open(c.pattern) for c in match.cases if not _catches_all(c))
    ]
    assert hidden == []


def _catches_all(case: ast.match_case) -> bool:
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None


def _is_never(case: ast.match_case) -> bool:
    return any("assert_never" in ast.unparse(line) for line in case.body)


def _is_open(pattern: ast.pattern) -> bool:
    """Whether a pattern is of an open set: text, a number, JSON, or made of such."""
    match pattern:
        case ast.MatchValue():
            return isinstance(pattern.value, ast.Constant)
        case ast.MatchOr() | ast.MatchSequence():
            return all(map(_is_open, pattern.patterns))
        case ast.MatchClass():
            return ast.unparse(pattern.cls) in JSON_TYPES
        case _:
            return True


def test_no_child_process_inherits_what_the_gate_knows() -> None:
    """Each is started with an environment of its own, and never through a shell."""
    careless = []
    for path in MODULES:
        for where, call in nodes(path, ast.Call):
            words = {keyword.arg: keyword.value for keyword in call.keywords}
            called = ast.unparse(call.func)
            module, _, function = called.rpartition(".")
            starts = module == "subprocess" and function in STARTERS
            starts |= function == "create_subprocess_exec"
            shell = ast.unparse(words["shell"]) if "shell" in words else "False"
            careless += [where] * (starts and "env" not in words)
            careless += [where] * (shell != "False" or called in CARELESS)
    assert careless == []


def test_judges_and_nouns_are_pure() -> None:
    """No clock, file, socket or dice: the same evidence, the same verdict next year."""
    impure = [
        where
        for path in MODULES
        if PURE & set(path.relative_to(ROOT).parts)
        for where, node in nodes(path, ast.stmt)
        if _taken(node) & IMPURE
    ]
    assert impure == []


def _taken(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    module = node.module if isinstance(node, ast.ImportFrom) else ""
    return {(module or "").partition(".")[0]}


def test_every_test_states_a_fact_about_the_product() -> None:
    """In its docstring; so do the modules that hold tests."""
    silent = [
        name(path)
        for path in TESTS
        if path.name.startswith("test_") and not ast.get_docstring(tree(path))
    ]
    for path in TESTS:
        for where, function in nodes(path, ast.FunctionDef):
            is_test = function.name.startswith("test_")
            if is_test and not ast.get_docstring(function):
                silent.append(f"{where} {function.name}")
    assert silent == []
