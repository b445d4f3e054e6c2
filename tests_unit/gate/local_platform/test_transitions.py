"""Rules of releases, without any process."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gate.local_platform import clock, transitions
from gate.local_platform.state import (
    Account,
    Build,
    BuildStatus,
    Promotion,
    Slug,
    Source,
    State,
    Target,
)

STEPS = st.lists(st.sampled_from(["live", "good", "bad"]), max_size=30)


@given(STEPS)
def test_versions_are_never_reused_and_one_release_is_current(steps: list[str]) -> None:
    """Failed releases take a version too, and leave the old one current."""
    at = clock.now()
    state = State(Account("id", "you@localhost.local", at))
    app = transitions.create_app(state, "shop", 20_000, {})
    slug = Slug("slug", app.id, {"web": "run"}, at, at, environment="env")
    state.slugs[slug.id] = slug
    expected = 2
    for number, step in enumerate(steps, 3):
        pending = step != "live"
        release = transitions.add_release(
            state, app, slug, {"N": str(number)}, "Deploy", pending=pending
        )
        if pending:
            transitions.settle_release(state, release, succeeded=step == "good")
        else:
            transitions.make_current(state, release)
        expected = expected if step == "bad" else number
    releases = state.releases_of(app.id)
    assert [r.version for r in releases] == list(range(1, len(steps) + 3))
    current = state.current_release(state.apps[app.id])
    assert current is not None and current.version == expected
    eligible = [r for r in releases if transitions.eligible_for_rollback(state, r)]
    assert all(r.status == "succeeded" and r.slug_id for r in eligible)


def test_old_releases_outside_the_newest_twenty_expire() -> None:
    """Both conditions together, and never the current one."""
    at = "2020-01-01T00:00:00Z"
    state = State(Account("id", "you@localhost.local", at))
    app = transitions.create_app(state, "shop", 20_000, {})
    for _ in range(28):
        release = transitions.add_release(state, app, None, {}, "x", pending=False)
    for release in list(state.releases.values()):
        state.releases[release.id] = replace(release, created_at=at)
    expired = [
        r.version for r in state.releases_of(app.id) if transitions.is_expired(state, r)
    ]
    assert expired == [1, *range(3, 11)]  # v2 is current


def test_a_slug_is_kept_as_long_as_any_app_can_run_it() -> None:
    """Expired ones go at once, unreleased ones after a while, with their app at once."""
    old, at, month = "2020-01-01T00:00:00Z", clock.now(), transitions.KEPT_FOR
    state = State(Account("id", "you@localhost.local", old))
    shop = transitions.create_app(state, "shop", 20_000, {})
    other = transitions.create_app(state, "other", 20_001, {})
    for name, app_id, made in (
        ("expired", shop.id, old),
        ("promoted", shop.id, old),
        ("current", shop.id, old),
        ("fresh", shop.id, at),
        ("forgotten", shop.id, old),
        ("of a deleted app", "gone", at),
    ):
        state.slugs[name] = Slug(name, app_id, {"web": "run"}, made, made)
    for app, name in (
        (shop, "expired"),
        (shop, "promoted"),
        *[(shop, "current")] * 20,
        (other, "promoted"),
    ):
        slug = state.slugs[name]
        release = transitions.add_release(state, app, slug, {}, "x", pending=False)
        state.releases[release.id] = replace(release, created_at=old)
        transitions.make_current(state, release)
    unneeded = transitions.unneeded_slugs(state, month, grace=60.0)
    assert unneeded == ["expired", "forgotten", "of a deleted app"]


def test_config_changes_are_described_as_heroku_does() -> None:
    """Set and removed keys by name, never by value."""
    describe = transitions.describe_config_change
    assert describe({}, {"A": "1", "B": "2"}) == "Set A, B config vars"
    assert describe({"A": "1"}, {}) == "Remove A config vars"
    assert describe({"A": "1"}, {"A": "2"}) == "Set A config vars"


def test_builds_and_promotions_long_past_are_not_kept() -> None:
    """The newest twenty are, and whatever is recent or still pending."""
    old, at, month = "2020-01-01T00:00:00Z", clock.now(), transitions.KEPT_FOR
    state = State(Account("id", "you@localhost.local", old))
    source = Source("url", None, None, None)
    for number in range(23):
        id, made = f"b{number}", at if number == 1 else old
        status: BuildStatus = "pending" if number == 2 else "failed"
        state.builds[id] = Build(id, "app", source, status, made, made)
        target = Target("target", "app", status)
        id = f"p{number}"
        state.promotions[id] = Promotion(id, "line", "app", "v", (target,), made, made)
    state.builds["other"] = Build("other", "other app", source, "failed", old, old)
    assert transitions.unneeded_history(state, month) == ["b0", "p0"]
