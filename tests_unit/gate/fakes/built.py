"""A release on a real platform that is built from a few files, without a repository."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from gate.actions.waiting import settled_release, until
from gate.heroku import HerokuClient
from gate.model.release import BuildStatus, Release


def built(
    client: HerokuClient,
    app: str,
    files: Mapping[str, bytes],
    commit: str,
    folder: Path,
    *,
    patience: float,
) -> Release:
    """Build *files*, by path, as that commit; return the release once it has settled."""
    blob = client.create_source()
    client.upload_source(blob, _packed(files, folder / f"{commit}.tar.gz"))
    begun = client.create_build(app, source_url=blob.get_url, version=commit)
    build = until(
        lambda: client.build(app, begun.id),
        lambda seen: seen.status is not BuildStatus.PENDING,
        patience=patience,
        what="the build",
    )
    assert build.release_id is not None, "the build failed"
    return settled_release(client, app, build.release_id)


def _packed(files: Mapping[str, bytes], path: Path) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path
