"""Smaller requests that the old document still allows."""

import copy
from collections.abc import Iterator
from typing import Any

from schemathesis import Case
from schemathesis.core import NOT_SET

from gate.openapi.traffic.admission import Admission
from gate.suites.consumers.exchange import as_request, copied

MOST_DEPTH = 4


def smaller(case: Case[Any], old: Admission) -> Iterator[Case[Any]]:
    """Yield *case* without one of its optional parts, the largest parts first.

    A part is a query parameter, a header, a cookie, a member or an item of the body,
    or the whole body. What *old* refuses, or cannot tell of, is not among them.
    """
    for each in _without_a_part(case):
        request = as_request(each)
        label = str(case.operation.label)
        if request is not None and old.refuses_request(label, request) is False:
            yield each


def _without_a_part(case: Case[Any]) -> Iterator[Case[Any]]:
    if case.media_type is not None:
        bare = copied(case)
        bare.media_type, bare.body = None, NOT_SET
        yield bare
    for container in ("query", "cookies", "headers"):
        for name in list(getattr(case, container) or ()):
            less = copied(case)
            del getattr(less, container)[name]
            yield less
    if isinstance(case.body, dict | list):
        for body in _less(case.body, MOST_DEPTH):
            less = copied(case)
            less.body = body
            yield less


def _less(value: Any, depth: int) -> Iterator[Any]:
    """Yield a JSON value without one member or item, the outermost first."""
    if depth == 0 or not isinstance(value, dict | list):
        return
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))[::-1]
    for key in keys:
        less = copy.deepcopy(value)
        del less[key]
        yield less
    for key in keys:
        for inner in _less(value[key], depth - 1):
            less = copy.deepcopy(value)
            less[key] = inner
            yield less
