"""Two answers beside each other."""

import json

from hypothesis import given
from hypothesis import strategies as st

from gate.model.exchange import WireAnswer
from gate.reports.answers import lines_of, side_by_side

BODIES = st.one_of(
    st.text(max_size=80),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=5).map(json.dumps),
)
ANSWERS = st.none() | st.builds(
    WireAnswer, st.none() | st.integers(100, 599), st.just("application/json"), BODIES
)


@given(ANSWERS, ANSWERS)
def test_nothing_is_left_out_and_nothing_changes_its_order(
    old: WireAnswer | None, new: WireAnswer | None
) -> None:
    """Each side is there whole; a line is marked when the sides differ in it."""
    lines = side_by_side(old, new)
    assert [line.old for line in lines if line.old is not None] == lines_of(old)
    assert [line.new for line in lines if line.new is not None] == lines_of(new)
    assert all(line.same or line.old != line.new for line in lines)
    assert all(line.same for line in side_by_side(old, old))


def test_a_field_that_is_gone_is_the_line_that_differs() -> None:
    """JSON is laid out with one member to a line, whatever its bytes were."""
    old = WireAnswer(200, "application/json", '{"sku":"a","name":"b","price":1}')
    for body in ('{"sku": "a", "price": 1}', '{"sku": "a"}', '{"name": "b"}'):
        new = WireAnswer(200, "application/json", body)
        differing = [line for line in side_by_side(old, new) if not line.same]
        assert [line.new for line in differing] == [None] * (3 - len(json.loads(body)))


def test_a_long_answer_is_cut_and_says_so() -> None:
    """A page is enough."""
    long = WireAnswer(200, "application/json", json.dumps(list(range(5000))))
    assert lines_of(long)[-1].endswith("more lines")


def test_no_answer_says_why() -> None:
    """Instead of a status."""
    assert lines_of(WireAnswer(None, trouble="timed out")) == ["no answer: timed out"]
