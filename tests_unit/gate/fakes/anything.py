"""Any value of the gate's own types, for properties about writing and reading back.

Numbers are finite and text has no lone surrogate: JSON has neither.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args

from hypothesis import strategies as st

T = TypeVar("T")


def _mappings(kind: Any) -> st.SearchStrategy[dict[Any, Any]]:
    keys, values = get_args(kind)
    return st.dictionaries(st.from_type(keys), st.from_type(values), max_size=3)


st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(Mapping, _mappings)


def any_of(*kinds: type[T]) -> st.SearchStrategy[T]:
    """Any value of these dataclasses."""
    return st.one_of(*map(st.from_type, kinds))
