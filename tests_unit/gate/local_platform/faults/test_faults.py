"""Which fault strikes when: as often as asked, where asked, the same every time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.local_platform.faults.faults import MOST, Faults
from gate.local_platform.faults.kinds import KINDS, Place
from gate.local_platform.faults.orders import Order, OrderRefused, read

NAMES = st.text("abc-", min_size=1, max_size=4)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["GET", "POST"]), st.lists(NAMES, max_size=3)).map(
        lambda event: f"{event[0]} /{'/'.join(event[1])}"
    ),
    max_size=40,
)
ORDERS = st.builds(
    lambda **order: read({"kind": "503", **order}),
    on=st.sampled_from(["*", "/**", "GET *", "POST /a*/*", "/a", "/*"]),
    times=st.integers(0, 5),
    probability=st.floats(0, 1),
    seed=st.integers(0, 99),
)


def quiet() -> Faults:
    """Faults that tell nobody."""
    return Faults(say=lambda _: None)


def strikes(order: Order, events: list[str], place: Place = Place.REQUEST) -> list[str]:
    """The events that one fault strikes."""
    faults = quiet()
    faults.add(order)
    return [event for event in events if faults.take(place, on=event)]


@given(ORDERS, EVENTS)
def test_a_fault_strikes_no_oftener_than_asked_and_only_there(
    order: Order, events: list[str]
) -> None:
    """It counts each strike, and is spent after the last one."""
    faults = quiet()
    fault = faults.add(order)
    struck = [event for event in events if faults.take(Place.REQUEST, on=event)]
    assert fault.struck == len(struck)
    assert len(struck) <= (order.times or len(events))
    assert fault.spent == (order.times > 0 and len(struck) == order.times)
    assert all(order.pattern().fullmatch(f"\n{event}") for event in struck)


@given(ORDERS, EVENTS, EVENTS)
def test_the_same_seed_strikes_the_same_events(
    order: Order, events: list[str], others: list[str]
) -> None:
    """Whatever else happens in between that the fault is not about."""
    again = quiet()
    again.add(order)
    seen = []
    for index, event in enumerate(events):
        for other in others[index : index + 2]:
            again.take(Place.ROUTER, app="shop", on=other)
        if again.take(Place.REQUEST, on=event):
            seen.append(event)
    assert seen == strikes(order, events)


@given(ORDERS, EVENTS)
def test_without_dice_the_first_events_that_fit_are_struck(
    order: Order, events: list[str]
) -> None:
    """Probability 1 leaves nothing to chance, probability 0 never strikes."""
    sure = read(order.facts() | {"probability": 1})
    fitting = [e for e in events if sure.pattern().fullmatch(f"\n{e}")]
    assert strikes(sure, events) == fitting[: sure.times or None]
    assert strikes(read(order.facts() | {"probability": 0}), events) == []


@given(ORDERS, EVENTS)
def test_what_was_cleared_never_strikes_again(order: Order, events: list[str]) -> None:
    """And is listed no more."""
    faults = quiet()
    fault = faults.add(order)
    kept = faults.add(read({"kind": "H99"}))
    assert faults.clear(fault.id) == [fault]
    assert not any(faults.take(Place.REQUEST, on=event) for event in events)
    assert faults.all() == [kept]
    assert faults.clear() == [kept]
    assert faults.clear("1") == []


@given(
    st.dictionaries(
        st.sampled_from(["kind", "app", "on", "times", "probability", "seconds", "x"]),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text()
            | st.sampled_from(sorted(KINDS)),
            st.lists,
            max_leaves=3,
        ),
    )
)
def test_whatever_is_sent_is_an_order_or_is_refused_in_words(
    sent: dict[str, Any],
) -> None:
    """And an order says of itself what was asked."""
    try:
        order = read(sent)
    except OrderRefused as refused:
        assert str(refused).endswith(".")
    else:
        assert read(order.facts()) == order
        order.pattern()


@pytest.mark.parametrize(
    ("on", "event", "fits"),
    [
        ("POST /apps/*/releases", "POST /apps/shop/releases", True),
        ("post /apps/*/releases", "POST /apps/shop/releases", True),
        ("POST /apps/*/releases", "GET /apps/shop/releases", False),
        ("POST /apps/*/releases", "POST /apps/shop/releases/7", False),
        ("POST /apps/*/releases", "POST /apps/a/b/releases", False),
        ("/apps/shop-*", "GET /apps/shop-staging", True),
        ("* /apps/**", "DELETE /apps/shop/dynos/web.1", True),
        ("GET *", "GET /anything/at/all", True),
        ("*", "PUT /blobs/x", True),
        ("/apps/a.c", "GET /apps/abc", False),
        ("/apps/*", "GET /apps/x\ny", False),
    ],
)
def test_one_star_is_one_name_and_two_are_anything(
    on: str, event: str, fits: bool
) -> None:
    """Of the path; the method may be left out, all else is literal."""
    assert bool(strikes(read({"kind": "503", "on": on}), [event])) is fits


def test_apps_and_dynos_are_told_apart_by_name() -> None:
    """A star stands for a part of the name."""
    faults = quiet()
    faults.add(read({"kind": "dyno-kill", "app": "shop-*", "on": "web.1", "times": 0}))
    assert faults.take(Place.DYNO, app="shop-staging", on="web.1")
    assert not faults.take(Place.DYNO, app="shop-staging", on="web.2")
    assert not faults.take(Place.DYNO, app="other", on="web.1")
    assert not faults.take(Place.ROUTER, app="shop-staging", on="web.1")


@pytest.mark.parametrize(("on", "struck"), [("*", "web.1"), ("run.*", "run.1234")])
def test_one_off_dynos_are_struck_only_where_they_are_named(
    on: str, struck: str
) -> None:
    """A star alone stands for the dynos of the formation."""
    faults = quiet()
    faults.add(read({"kind": "dyno-kill", "on": on, "times": 0}))
    names = ("release.1000", "run.1234", "web.1")
    assert [n for n in names if faults.take(Place.DYNO, app="shop", on=n)] == [struck]


def test_the_oldest_fault_strikes_first_and_the_next_when_it_is_spent() -> None:
    """One event is struck by one fault."""
    faults = quiet()
    for kind in ("500", "503"):
        faults.add(read({"kind": kind}))
    found = [faults.take(Place.REQUEST, on="GET /apps") for _ in range(3)]
    assert [fault and fault.kind for fault in found] == ["500", "503", None]


def test_each_strike_is_told_with_its_count() -> None:
    """On one line, whatever a client put into its path."""
    told: list[str] = []
    faults = Faults(say=told.append)
    fault = faults.add(read({"kind": "503", "on": "**", "times": 2}))
    faults.take(Place.REQUEST, on="GET /a\nfault 9 (503) strikes")
    assert "\n" not in told[-1]
    assert told[-1].startswith("fault 1 (503) strikes GET /a\\n")
    assert told[-1].endswith("1 of 2")
    assert fault.last is not None
    assert fault.last.endswith("GET /a\\nfault 9 (503) strikes")


def test_there_is_an_end_to_the_number_of_faults() -> None:
    """What nobody clears does not grow for ever; the oldest spent one gives way."""
    faults = quiet()
    for _ in range(MOST):
        faults.add(read({"kind": "503"}))
    with pytest.raises(OrderRefused, match="clear some first"):
        faults.add(read({"kind": "503"}))
    spent = [faults.take(Place.REQUEST, on="GET /apps") for _ in range(2)]
    newest = faults.add(read({"kind": "503"}))
    assert len(faults.all()) == MOST
    assert spent[0] not in faults.all()
    assert spent[1] in faults.all()
    assert newest in faults.all()


def fits(on: str, path: str) -> bool:
    """Whether a glob is all of a path, by trying everything."""
    if not on:
        return not path
    if on.startswith("**"):
        return fits(on.removeprefix("**").lstrip("*"), path) or (
            path != "" and fits(on, path[1:])
        )
    if on.startswith("*"):
        taken = path != "" and path[0] not in "/\n"
        return fits(on[1:], path) or (taken and fits(on, path[1:]))
    return path.startswith(on[0]) and fits(on[1:], path[1:])


@given(st.text("a/*", max_size=9), st.text("ab/", max_size=9))
def test_stars_stand_for_whatever_lets_the_rest_fit(on: str, path: str) -> None:
    """As trying everything would find it."""
    fault = read({"kind": "503", "on": f"/{on}"})
    assert bool(strikes(fault, [f"GET /{path}"])) is fits(f"/{on}", f"/{path}")


@pytest.mark.timeout(10)
@pytest.mark.parametrize("order", [{"on": "/" + "**a" * 60}, {"on": "/" + "*a" * 90}])
def test_no_pattern_takes_long(order: dict[str, str]) -> None:
    """However many stars there are, and however often what follows them."""
    event = f"GET /{'a' * 2_000}b"
    assert strikes(read({"kind": "503", **order}), [event]) == []


@pytest.mark.timeout(10)
def test_no_name_of_an_app_takes_long() -> None:
    """Stars in it are as harmless."""
    fault = read({"kind": "dyno-kill", "app": "*a" * 18})
    assert not fault.pattern().fullmatch(f"{'a' * 400}b\nweb.1")
