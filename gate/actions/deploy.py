"""Deploying a commit: a source tarball becomes a build, a slug, a release."""

import re
from pathlib import Path

from gate.actions.acting import Acting
from gate.actions.waiting import found_write, live_release, settled_release, until
from gate.errors import (
    BuildFailed,
    PlatformRefused,
    PlatformUnavailable,
    UsageProblem,
)
from gate.model.platform import Platform
from gate.model.release import Build, BuildStatus, Release
from gate.repository import Repository

BUILD_PATIENCE = 1200.0
OUTPUT_LINES = 25
LONGEST_LINE = 300
MOST_OUTPUT = 3_500
MOST_WARNINGS = 10
WARNING = re.compile(r"^ !\s+(?P<text>Warning\b.*)")
WEB = re.compile(r"^\ufeff?web:", re.MULTILINE)


def make_live(
    acting: Acting, repository: Repository, app: str, commit: str, *, scratch: Path
) -> Release:
    """Return the app's release of *commit*; deployed, unless it runs there already."""
    live = live_release(acting.platform, app, clock=acting.clock)
    if live is not None and live.commit == commit:
        return live
    return deploy(acting, repository, app, commit, scratch=scratch)


def deploy(
    acting: Acting, repository: Repository, app: str, commit: str, *, scratch: Path
) -> Release:
    """Build *commit* on *app* and return its settled release, succeeded or failed.

    Raises UsageProblem without a web process, BuildFailed with the end of the output.
    What the build warns of is recorded.
    """
    _require_web(repository, commit)
    platform = acting.platform
    tarball = scratch / f"{commit}.tar.gz"
    repository.archive(commit, tarball)
    live = platform.current_release(app)
    replaces = live.name if live is not None and live.slug is not None else "nothing"
    with acting.run.deed("deploy", app, replaces=replaces, puts=commit) as outcome:
        blob = platform.create_source()
        platform.upload_source(blob, tarball)
        begun = _begin_build(acting, app, blob.get_url, commit)
        build = until(
            lambda: platform.build(app, begun.id),
            lambda build: build.status is not BuildStatus.PENDING,
            patience=BUILD_PATIENCE,
            what=f"the build of {commit[:8]} on {app}",
            clock=acting.clock,
        )
        if build.status is BuildStatus.FAILED or build.release_id is None:
            raise BuildFailed(
                f"the build of {commit[:8]} on {app} failed",
                why="\n" + _end_of(platform, build.output_stream_url),
                advice="correct what the build names, commit, and promote again",
            )
        warnings = _warnings_in(platform, build.output_stream_url)
        if warnings:
            acting.run.warned(app, warnings)
        outcome.append(
            settled_release(platform, app, build.release_id, clock=acting.clock)
        )
    tarball.unlink(missing_ok=True)
    return outcome[0]


def _begin_build(acting: Acting, app: str, source: str, commit: str) -> Build:
    """Ask for the build once; where the answer is lost, look for it among the builds."""
    try:
        return acting.platform.create_build(app, source_url=source, version=commit)
    except PlatformRefused:
        raise
    except PlatformUnavailable as error:
        return found_write(
            lambda: acting.platform.find_build(app, source_url=source),
            error,
            what=f"a build of {commit[:8]} on {app}",
            advice=f"look at {app}'s builds, then run the command again",
            clock=acting.clock,
        )


def _require_web(repository: Repository, commit: str) -> None:
    """Raise UsageProblem if there is nothing in a commit that would answer."""
    procfile = repository.in_app("Procfile")
    if not repository.holds(commit, procfile):
        others = repository.folders_with(commit, "Procfile")
        setting = f'set app_root = "{others[0]}" in [tool.gate]' if others else ""
        raise UsageProblem(
            f"commit {commit[:8]} has no {procfile}",
            why="the platform would not know what to run",
            advice=setting or "add a Procfile with a web process and commit it",
        )
    if not WEB.search(repository.text(commit, procfile)):
        raise UsageProblem(
            f"the {procfile} of commit {commit[:8]} has no web process",
            why="a release is judged by how it answers over HTTP",
            advice="add a line such as `web: gunicorn app:app` and commit it",
        )


def _warnings_in(platform: Platform, url: str) -> tuple[str, ...]:
    """Return what a build that succeeded warned of; nothing hangs on it."""
    try:
        found = [WARNING.match(line) for line in platform.stream(url)]
    except PlatformUnavailable:
        return ()
    return tuple(match["text"] for match in found if match)[:MOST_WARNINGS]


def _end_of(platform: Platform, url: str) -> str:
    try:
        lines = list(platform.stream(url))
    except PlatformUnavailable as error:
        return f"  (its output could not be read: {error})"
    told = "\n".join(f"  {line[:LONGEST_LINE]}" for line in lines[-OUTPUT_LINES:])
    return told[-MOST_OUTPUT:]  # of too much the end tells why
