"""Deploying a commit: a source tarball becomes a build, a slug, a release."""

from pathlib import Path

from gate.actions.acting import Acting
from gate.actions.waiting import live_release, settled_release, until
from gate.errors import BuildFailed, PlatformUnavailable, UsageProblem
from gate.model.platform import Platform
from gate.model.release import BuildStatus, Release
from gate.repository import Repository

BUILD_PATIENCE = 1200.0
OUTPUT_LINES = 25


def make_live(
    acting: Acting, repository: Repository, app: str, commit: str, *, scratch: Path
) -> Release:
    """Return the app's release of *commit*; deployed, unless it runs there already."""
    live = live_release(acting.platform, app)
    if live is not None and live.commit == commit:
        return live
    return deploy(acting, repository, app, commit, scratch=scratch)


def deploy(
    acting: Acting, repository: Repository, app: str, commit: str, *, scratch: Path
) -> Release:
    """Build *commit* on *app* and return its settled release, succeeded or failed.

    Raises UsageProblem without a Procfile, BuildFailed with the end of the output.
    """
    if not repository.holds(commit, "Procfile"):
        raise UsageProblem(
            f"commit {commit[:8]} has no Procfile",
            why="the platform would not know what to run",
            advice="add a Procfile with a web process and commit it",
        )
    platform = acting.platform
    tarball = scratch / f"{commit}.tar.gz"
    repository.archive(commit, tarball)
    live = platform.current_release(app)
    replaces = live.name if live is not None and live.slug is not None else "nothing"
    with acting.run.deed("deploy", app, replaces=replaces, puts=commit) as outcome:
        blob = platform.create_source()
        platform.upload_source(blob, tarball)
        begun = platform.create_build(app, source_url=blob.get_url, version=commit)
        build = until(
            lambda: platform.build(app, begun.id),
            lambda build: build.status is not BuildStatus.PENDING,
            patience=BUILD_PATIENCE,
            what=f"the build of {commit[:8]} on {app}",
        )
        if build.status is BuildStatus.FAILED or build.release_id is None:
            raise BuildFailed(
                f"the build of {commit[:8]} on {app} failed",
                why="\n" + _end_of(platform, build.output_stream_url),
                advice="correct what the build names, commit, and promote again",
            )
        outcome.append(settled_release(platform, app, build.release_id))
    tarball.unlink(missing_ok=True)
    return outcome[0]


def _end_of(platform: Platform, url: str) -> str:
    try:
        lines = list(platform.stream(url))
    except PlatformUnavailable as error:
        return f"  (its output could not be read: {error})"
    return "\n".join(f"  {line}" for line in lines[-OUTPUT_LINES:])
