"""What a rollback has replaced, as an app's releases alone tell it.

A rollback by the gate bears its mark; one by Heroku says ``Rollback to v7``. What either
replaced was found bad by somebody, and is nothing to go back to.
"""

import re
from collections.abc import Sequence

from gate.model.release import Release, ReleaseStatus

MARK = re.compile(r"gate (?P<run>\S+): roll back v(?P<version>\d+)")
"""How the gate describes its own rollbacks (`gate.actions.roll_back`)."""
BY_RELEASE = re.compile(r"Rollback to v\d+")
"""How Heroku describes a rollback to a release."""
CAME_TO_NOTHING = frozenset({ReleaseStatus.PENDING, ReleaseStatus.FAILED})


def gone_back_from(releases: Sequence[Release]) -> dict[str, Release]:
    """Return the ids of slugs that a rollback replaced, each with that rollback.

    One that was released again later is not among them. *releases* are of one app, in
    any order.
    """
    found: dict[str, Release] = {}
    slugs: dict[int, str] = {}
    below = 0
    for release in sorted(releases, key=lambda each: each.version):
        if release.status in CAME_TO_NOTHING or release.slug is None:
            continue
        mark = MARK.match(release.description)
        if mark is not None:
            replaced = slugs.get(int(mark["version"]), "")
        elif BY_RELEASE.match(release.description):
            replaced = slugs.get(below, "")
        else:
            replaced = ""
        if replaced:
            found[replaced] = release
        found.pop(release.slug.id, None)
        below = release.version
        slugs[below] = release.slug.id
    return found
