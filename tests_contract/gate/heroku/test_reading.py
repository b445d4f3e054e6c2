"""Lists, releases and slugs, as they come over HTTP."""

import pytest

from gate.errors import PlatformUnavailable
from gate.heroku import HerokuClient
from gate.model.release import ReleaseStatus
from tests_contract.gate.heroku import answers
from tests_contract.gate.heroku.scripted_platform import ScriptedPlatform


def test_a_truncated_list_is_followed_to_its_end(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """206 with Next-Range means that there is more."""
    coupling = {"app": {"id": "a"}, "pipeline": {"id": "p"}, "stage": "staging"}
    following = {"Next-Range": "id ]c1..; max=1"}
    platform.answers([{"id": "c1", **coupling}], 206, following)
    platform.answers([{"id": "c2", **coupling}])
    assert [found.id for found in client.couplings("p")] == ["c1", "c2"]
    assert platform.seen[0].headers["Range"] is None
    assert platform.seen[1].headers["Range"] == "id ]c1..; max=1"


def test_no_more_pages_are_asked_for_than_the_limit_needs(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """A page of the size asked for is a 206 too, and no reason to go on."""
    page = [answers.release(9), answers.release(8, current=True)]
    platform.answers(page, 206, {"Next-Range": "version ..8[; order=desc, max=2"})
    found = client.releases("orders", limit=2)
    assert [(one.version, one.current) for one in found] == [(9, False), (8, True)]
    assert platform.seen[0].headers["Range"] == "version ..; order=desc, max=2"
    assert found[0].slug is not None
    assert (found[0].slug.id, found[0].slug.checksum) == ("s9", None)


def test_a_list_without_an_end_is_an_error(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """A Next-Range that leads back to itself does not catch the gate in a loop."""
    for _ in range(2):
        platform.answers([], 206, {"Next-Range": "id a..b"})
    with pytest.raises(PlatformUnavailable, match="has no end"):
        client.dynos("orders")


def test_releases_in_the_wrong_order_are_not_believed(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """Ascending releases would make the oldest look like the newest."""
    platform.answers([answers.release(1), answers.release(2)])
    with pytest.raises(PlatformUnavailable, match="newest first"):
        client.releases("orders")


def test_the_current_release_is_the_one_flagged_not_the_newest(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """Pending and failed releases sit above the one that serves; pages too."""
    pending = answers.release(9, status="pending")
    platform.answers([pending], 206, {"Next-Range": "version ..9[; order=desc"})
    platform.answers([answers.release(8), answers.release(7, current=True)])
    platform.answers(answers.slug("s7"))
    live = client.current_release("orders")
    assert live is not None
    assert (live.version, live.current, live.commit) == (7, True, "334096fe")
    assert live.slug is not None
    assert live.slug.process_types == ("release", "web")
    assert live.slug.commands == ("migrate", "gunicorn app")


def test_nothing_is_current_where_nothing_is_flagged(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """All releases say that they are not current: none is taken for it."""
    platform.answers([answers.release(2), answers.release(1)])
    assert client.current_release("orders") is None


def test_without_flags_the_newest_that_succeeded_is_current(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """An answer that leaves `current` out still has one live release."""
    page = [
        answers.release(3, current=None, status="failed"),
        answers.release(2, current=None, status=None),
        answers.release(1, current=None),
    ]
    platform.answers(page)
    assert [one.current for one in client.releases("orders")] == [False, True, False]
    platform.answers(page)
    platform.answers(answers.slug("s2"))
    live = client.current_release("orders")
    assert live is not None
    assert (live.version, live.status) == (2, ReleaseStatus.SUCCEEDED)


def test_a_slug_is_asked_for_once(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """Slugs never change, so two releases of one slug need one look."""
    platform.answers(answers.release(5, slug={"id": "s"}))
    platform.answers(answers.slug("s"))
    platform.answers(answers.release(4, slug={"id": "s"}))
    first, second = client.release("orders", 5), client.release("orders", "r4")
    assert first.slug == second.slug
    assert [seen.path for seen in platform.seen] == [
        "/apps/orders/releases/5",
        "/apps/orders/slugs/s",
        "/apps/orders/releases/r4",
    ]


def test_what_a_release_ran_with_is_told(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """Its own config vars, and the plans of the add-ons that there were then."""
    platform.answers({"COLOUR": "blue"})
    assert client.release_config_vars("orders", 4) == {"COLOUR": "blue"}
    assert platform.seen[0].path == "/apps/orders/releases/4/config-vars"
    plans = ["redis:mini", "postgresql:one"]
    platform.answers([answers.release(4, addon_plan_names=plans), answers.release(3)])
    told = [each.addons for each in client.releases("orders")]
    assert told == [("postgresql:one", "redis:mini"), ()]


def test_a_pipeline_is_found_by_its_exact_name(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """A server that ignores the filter does not give the gate a wrong pipeline."""
    platform.answers([{"id": "p1", "name": "other"}, {"id": "p2", "name": "orders"}])
    found = client.pipeline("orders")
    assert found is not None
    assert found.id == "p2"
    assert platform.seen[0].path == "/pipelines?eq%5Bname%5D=orders"
    platform.answers([])
    assert client.pipeline("orders") is None


def test_an_answer_of_another_shape_names_the_call_and_the_field(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """What cannot be understood is an error in words, not a traceback."""
    platform.answers(
        [answers.release(3), {**answers.release(2), "version": "two"}],
        headers={"Request-Id": "their-id"},
    )
    with pytest.raises(PlatformUnavailable) as caught:
        client.releases("orders")
    assert "GET /apps/orders/releases" in str(caught.value)
    assert "1.version" in str(caught.value)
    assert "their-id" in str(caught.value)


def test_names_cannot_lead_to_another_path(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """A slash in a name is part of the name."""
    platform.answers(answers.app(web_url=None))
    assert client.app("a/../b").web_url == ""
    assert platform.seen[0].path == "/apps/a%2F..%2Fb"


def test_the_rate_limit_is_remembered(
    client: HerokuClient, platform: ScriptedPlatform
) -> None:
    """The last RateLimit-Remaining can be asked for."""
    assert client.rate_limit_remaining is None
    platform.answers(answers.app(), headers={"RateLimit-Remaining": "2399"})
    assert client.app("orders").web_url == "https://orders-123.example.com"
    assert client.rate_limit_remaining == 2399
