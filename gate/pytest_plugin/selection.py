"""Which tests belong to which suite, and whether this run is one of the gate's."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.expression import Expression

from gate.model.evidence import SUITES, Category
from gate.model.plan import Plans

MARK = "gate"
PLUGIN = "gate-run"


def category_of(
    path: Path, marks: Iterable[str], *, root: Path, plans: Plans
) -> Category | None:
    """Return a test's category: by its own mark, else by the closest suite path."""
    marked = [category for category in SUITES if category.value in set(marks)]
    if marked:
        return marked[0]
    best: tuple[int, Category] | None = None
    for category in SUITES:
        for text in plans.of(category).paths:
            home = _home(root, text)
            if path == home or home in path.parents:
                depth = len(home.parts)
                if best is None or depth > best[0]:
                    best = (depth, category)
    return best[1] if best else None


@cache
def _home(root: Path, text: str) -> Path:
    """Return where a suite is; asking the disk for each of many tests would take long."""
    return (root / text).resolve()


def selected(expression: str, category: Category) -> bool:
    """Whether ``-m expression`` selects the gate's tests of a category."""
    return _matches(expression, {MARK, category.value})


def is_gate_run(expression: str) -> bool:
    """Whether ``-m expression`` asks for the gate's tests because they are its."""
    if not expression:
        return False
    return any(
        selected(expression, category) and not _matches(expression, {category.value})
        for category in SUITES
    )


def prepared_run(config: pytest.Config) -> str | None:
    """Return a prepared run's folder: handed to a worker, or to a child of the gate."""
    workerinput: Mapping[str, Any] = getattr(config, "workerinput", {})
    folder = workerinput.get("gate_run") or config.getoption("--gate-run")
    return str(folder) if folder else None


def _matches(expression: str, marks: set[str]) -> bool:
    if not expression:
        return True

    def has(name: str, /, **_: str | int | bool | None) -> bool:
        return name in marks

    try:
        return Expression.compile(expression).evaluate(has)
    except SyntaxError:
        return False  # pytest itself tells the user what is wrong with it
