"""Which tests belong to which suite, and which runs are the gate's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.model.evidence import SUITES, Category
from gate.model.plan import HealthPlan, IntegrationPlan, Plans, UnitPlan
from gate.pytest_plugin.selection import category_of, is_gate_run, selected

ROOT = Path("/shop")
C = Category


@pytest.mark.parametrize(
    ("expression", "is_gate", "chosen"),
    [
        ("", False, set(SUITES)),
        ("gate", True, set(SUITES)),
        ("gate and contract", True, {C.CONTRACT}),
        ("contract and gate", True, {C.CONTRACT}),
        ("gate and (unit or load)", True, {C.UNIT, C.LOAD}),
        ("gate and not load", True, set(SUITES) - {C.LOAD}),
        ("not gate", False, set()),
        ("unit", False, {C.UNIT}),
        ("not load", False, set(SUITES) - {C.LOAD}),
        ("slow", False, set()),
        ("not slow", False, set(SUITES)),
        ("gate or slow", True, set(SUITES)),
        ("gate and slow", False, set()),
        ("gate and", False, set()),
        ("((", False, set()),
    ],
)
def test_a_run_is_the_gates_when_it_asks_for_the_gates_tests(
    expression: str, is_gate: bool, chosen: set[Category]
) -> None:
    """By name; an expression that merely does not exclude them is none."""
    assert is_gate_run(expression) == is_gate
    assert {c for c in SUITES if selected(expression, c)} == chosen


@given(st.text(max_size=30))
def test_any_expression_is_understood_or_left_to_pytest(expression: str) -> None:
    """It is pytest that tells the user what is wrong with it."""
    is_gate_run(expression)


@pytest.mark.parametrize(
    ("path", "category"),
    [
        ("tests_unit/app/test_orders.py", C.UNIT),
        ("tests_unit/app/deep/er/test_orders.py", C.UNIT),
        ("tests_contract/app/test_old.py", C.CONTRACT),
        ("tests_integration/app/test_orders.py", C.INTEGRATION),
        ("tests_integration/app/test_health.py", C.HEALTH),
        ("load/test_load.py", C.LOAD),
        ("tests_unit/gate/test_x.py", None),
        ("tests_unit/app_two/test_x.py", None),
        ("test_x.py", None),
    ],
)
def test_a_test_belongs_to_the_closest_suite_path(
    path: str, category: Category | None
) -> None:
    """A file named by one suite within the folder of another is the first one's."""
    assert category_of(ROOT / path, (), root=ROOT, plans=Plans()) is category


@pytest.mark.parametrize("category", SUITES)
def test_a_tests_own_mark_wins(category: Category) -> None:
    """Wherever it lies."""
    for path in ("tests_unit/app/test_x.py", "anywhere/test_x.py"):
        marks = ["slow", category.value]
        assert category_of(ROOT / path, marks, root=ROOT, plans=Plans()) is category


def test_paths_are_the_teams_to_name() -> None:
    """Several for one suite, with or without a slash at the end."""
    plans = Plans(
        unit=UnitPlan(paths=("spec/", "more/unit")),
        integration=IntegrationPlan(paths=("spec/together",)),
        health=HealthPlan(paths=("none",)),
    )
    told = [
        category_of(ROOT / path, (), root=ROOT, plans=plans)
        for path in ("spec/test_a.py", "more/unit/test_a.py", "spec/together/test_a.py")
    ]
    assert told == [C.UNIT, C.UNIT, C.INTEGRATION]
