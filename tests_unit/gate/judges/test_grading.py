"""Policy on changes: graded anew, accepted until a day, and never hidden by accident."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.judges.grading import Graded, change_id, grade
from gate.model.plan import Acceptance, ContractPlan
from gate.openapi import Change, Direction, Level

DAY = "2026-11-28"
GONE = "response-field-removed"
PRODUCTS = ("GET /products/{sku}", "GET /products", "POST /products")


def change(
    *operations: str, rule: str = GONE, level: Level = Level.BREAKS, pointer: str = ""
) -> Change:
    """A change that reaches these operations."""
    return Change(
        rule,
        level,
        Direction.RESPONSE,
        operations[0] if operations else "",
        "/components/schemas/Product/properties/name",
        f"/components/schemas/Product{pointer}",
        "`name` is gone",
        operations=operations,
    )


def accepting(
    operation: str = "",
    rule: str = GONE,
    until: str = "2026-12-31",
    why: str = "agreed",
) -> Acceptance:
    """An acceptance of one rule."""
    return Acceptance(rule, why, date.fromisoformat(until), operation)


def graded(*changes: Change, **plan: object) -> Graded:
    """What a plan makes of changes on the day of these tests."""
    return grade(changes, ContractPlan(**plan), DAY)  # type: ignore[arg-type]


def test_without_a_policy_all_stays_as_it_is() -> None:
    """Every change counts at its own level, and there is nothing to remark on."""
    found = graded(change(*PRODUCTS), change("GET /a", level=Level.NOTICE))
    assert [each.change.level for each in found.changes] == [
        Level.BREAKS,
        Level.NOTICE,
    ]
    assert (found.accepted, found.remarks) == ((), ())


@pytest.mark.parametrize("level", list(Level))
def test_a_rule_is_graded_anew_by_its_id(level: Level) -> None:
    """Only the changes of that rule; what it was before stays known."""
    other = change("GET /a", rule="path-removed")
    found = graded(change(*PRODUCTS), other, levels={GONE: level.words})
    by_rule = {each.change.rule: each for each in found.changes}
    assert by_rule[GONE].change.level is level
    assert by_rule[GONE].was is Level.BREAKS
    assert by_rule["path-removed"].change.level is Level.BREAKS


def test_the_worst_comes_first_after_grading_too() -> None:
    """However the levels were before."""
    found = graded(
        change("GET /a", rule="path-removed"),
        change("GET /b", rule="undecided", level=Level.UNDECIDED),
        levels={"path-removed": "notice", "undecided": "breaks"},
    )
    assert [each.change.rule for each in found.changes] == ["undecided", "path-removed"]


def test_what_is_accepted_stays_listed_with_its_reason_and_day() -> None:
    """It no longer counts at its level."""
    found = graded(change("GET /a"), accept=(accepting("GET /a"),))
    (only,) = found.accepted
    assert only.accepted is not None
    assert (only.accepted.reason, only.accepted.until) == ("agreed", "2026-12-31")
    assert only.change.level is Level.BREAKS
    assert found.standing(Level.BREAKS) == ()


def test_a_change_that_reaches_further_than_accepted_still_counts() -> None:
    """The operations nobody has accepted are named; all of them, and it is accepted.

    The first reason to end ends the whole.
    """
    some = accepting(PRODUCTS[0]), accepting(PRODUCTS[2], until="2026-12-01", why="b")
    (only,) = graded(change(*PRODUCTS), accept=some).changes
    assert only.accepted is None
    assert only.left == ("GET /products",)
    (only,) = graded(
        change(*PRODUCTS), accept=(*some, accepting("GET /products"))
    ).changes
    assert only.left == ()
    assert only.accepted is not None
    assert (only.accepted.reason, only.accepted.until) == ("agreed; b", "2026-12-01")


def test_an_acceptance_without_an_operation_is_for_all_of_them() -> None:
    """Also for a change that belongs to no operation at all."""
    found = graded(change(*PRODUCTS), change(), accept=(accepting(),))
    assert len(found.accepted) == 2
    found = graded(change(), accept=(accepting("GET /products"),))
    assert found.accepted == ()


def test_a_change_is_accepted_until_an_operation_is_no_longer_covered() -> None:
    """Whatever covers it longest counts; for all operations, the first to end."""
    short = accepting("GET /products", until="2026-12-01")
    (only,) = graded(change(*PRODUCTS), accept=(short, accepting())).accepted
    assert only.accepted is not None
    assert only.accepted.until == "2026-12-31"


def test_nothing_is_accepted_on_a_day_that_is_not_known() -> None:
    """An acceptance without an end would never be looked at again."""
    found = grade([change("GET /a")], ContractPlan(accept=(accepting(),)), "")
    assert found.accepted == ()


def test_a_change_of_another_rule_is_not_accepted() -> None:
    """Even at the same operation."""
    found = graded(change("GET /a", rule="path-removed"), accept=(accepting("GET /a"),))
    assert found.accepted == ()


@pytest.mark.parametrize(
    ("until", "counts"),
    [("2026-11-27", False), ("2026-11-28", True), ("2026-11-29", True)],
)
def test_an_acceptance_counts_until_the_end_of_its_day(
    until: str, counts: bool
) -> None:
    """Afterwards the change counts again, and both say that it expired."""
    found = graded(change("GET /a"), accept=(accepting("GET /a", until=until),))
    (only,) = found.changes
    assert (only.accepted is not None) is counts
    assert bool(only.expired) is not counts
    assert bool(found.expired) is not counts
    assert any("expired on 2026-11-27" in each for each in found.remarks) is not counts


def test_an_acceptance_that_matches_nothing_is_reported() -> None:
    """So that what nobody needs any more does not accept something else one day."""
    unused = accepting("GET /b")
    found = graded(change("GET /a"), accept=(accepting("GET /a"), unused))
    assert found.unused == (unused,)
    (remark,) = found.remarks
    assert "matches no change" in remark


def test_misspelt_operations_and_rules_are_named() -> None:
    """With what was probably meant."""
    found = graded(
        change("GET /products/{sku}"),
        levels={"path-remove": "notice"},
        accept=(
            accepting("GET /product/{sku}"),
            accepting("GET /a", rule="response-feild-removed"),
        ),
    )
    told = "\n".join(found.remarks)
    assert "did you mean GET /products/{sku}?" in told
    assert "did you mean response-field-removed?" in told
    assert "did you mean path-removed?" in told


def test_acceptances_of_what_old_consumers_met_are_not_called_unused() -> None:
    """Documents cannot show these: the judge of a run holds them against what it saw."""
    live = accepting(rule="response-schema-conformance")
    found = graded(change("GET /a"), accept=(live,))
    assert (found.unused, found.remarks) == ((), ())
    seen = grade(
        [change("GET /a", rule=live.rule)], ContractPlan(accept=(live,)), DAY, seen=True
    )
    assert len(seen.accepted) == 1


def test_every_change_has_an_id_of_its_own() -> None:
    """Also where rule and place are the same; the first is known by these alone."""
    found = graded(*[change("GET /a")] * 3, change("GET /b"))
    ids = [each.id for each in found.changes]
    assert len(set(ids)) == 4
    assert ids[0] == change_id(change("GET /a"))
    assert graded(change("GET /a")).changes[0].id == ids[0]


operations = st.sampled_from(["GET /a", "POST /a", "GET /b"])
acceptances = st.builds(
    accepting,
    st.just("") | operations,
    st.sampled_from([GONE, "path-removed"]),
    st.sampled_from(["2026-01-01", "2026-12-31"]),
)
changes = st.builds(
    lambda names, rule: change(*names, rule=rule),
    st.lists(operations, unique=True),
    st.sampled_from([GONE, "path-removed"]),
)


@given(st.lists(changes, max_size=4), st.lists(acceptances, max_size=4))
def test_no_change_is_lost_and_each_acceptance_is_accounted_for(
    found: list[Change], accepted: list[Acceptance]
) -> None:
    """Whatever the policy is; and without it nothing is accepted."""
    result = grade(found, ContractPlan(accept=tuple(accepted)), DAY)
    assert sorted(map(change_id, found)) == sorted(
        change_id(each.change) for each in result.changes
    )
    for each in result.accepted:
        covering = [
            a
            for a in accepted
            if a.rule == each.change.rule and a not in result.expired
        ]
        for operation in each.change.operations or ("",):
            assert any(a.operation in {"", operation} for a in covering)
    assert len(result.remarks) == len(result.expired) + len(result.unused)


def test_undecided_names_every_change_at_that_level() -> None:
    """Whatever its rule is; the name of the rule itself is more exact, and goes first."""
    null = change("GET /a", rule="request-null-refused", level=Level.UNDECIDED)
    proved = change("GET /b", rule="request-null-refused")
    found = graded(null, proved, levels={"undecided": "notice"})
    assert [each.change.level for each in found.changes] == [Level.BREAKS, Level.NOTICE]
    levels = {"undecided": "notice", "request-null-refused": "may break"}
    found = graded(null, levels=levels)
    assert found.changes[0].change.level is Level.MAY_BREAK
    for regraded in ({}, {"request-null-refused": "may break"}):
        found = graded(
            null, proved, accept=(accepting(rule="undecided"),), levels=regraded
        )
        assert [each.change.operation for each in found.accepted] == ["GET /a"]
        assert found.remarks == ()
