"""Foreign data in a written test stays data."""

import ast

from hypothesis import given
from hypothesis import strategies as st

from gate.model.exchange import WireRequest
from gate.openapi.traffic.promises import Promise
from gate.reports.expectation import Accepted, Alike, Expectation, Promised, Stays
from gate.reports.literals import literal
from gate.reports.reproduction import as_test_file
from tests_unit.gate.fakes.anything import any_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
EXPECTED: st.SearchStrategy[Expectation] = st.one_of(
    st.sampled_from([Accepted(), Accepted(4, 409)]),
    st.builds(Stays, st.just(2), st.text()),
    st.builds(Alike, st.just(2), st.dictionaries(st.text(), st.just(("int",)))),
    st.builds(
        Promised,
        st.sampled_from([None, 2]),
        st.dictionaries(
            st.text(),
            st.builds(
                Promise, st.just(("X-A",)), st.dictionaries(st.text(), JSON, max_size=2)
            ),
            max_size=2,
        ),
    ),
)


@given(JSON)
def test_a_value_is_written_as_source_that_means_the_same(value: object) -> None:
    """And nothing in it is hidden from a reader of the file."""
    source = literal(value)
    assert ast.literal_eval(source) == value
    assert all(c.isprintable() or c == "\n" for c in source)


@given(st.text(), any_of(WireRequest), EXPECTED, st.text())
def test_a_written_test_is_always_the_same_few_functions(
    title: str, request: WireRequest, expected: Expectation, candidate: str
) -> None:
    """Whatever the finding, the request and the answer say."""
    tree = ast.parse(as_test_file(title, request, expected, candidate=candidate))
    functions = [each.name for each in tree.body if isinstance(each, ast.FunctionDef)]
    tests = [name for name in functions if name.startswith("test_")]
    assert len(tests) == 1
    assert set(functions) <= {"ask", "kinds", "schema_of", *tests}
    kinds = (ast.FunctionDef, ast.Import, ast.Assign)
    assert all(isinstance(each, kinds) for each in tree.body)


def test_a_secret_comes_from_the_environment() -> None:
    """The file holds its variable's name."""
    request = WireRequest("GET", "/", secrets={"Authorization": "API_TOKEN"})
    told = as_test_file("it", request, Accepted(), candidate="http://a")
    assert '"Authorization": os.environ["API_TOKEN"],' in told
