"""From a source tarball to a slug."""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from gate.local_platform import clock
from gate.local_platform.building import archive, procfile
from gate.local_platform.building.environments import BuildError, Say
from gate.local_platform.premises import Premises
from gate.local_platform.state import Slug, Source

_COMMIT = re.compile(r"^[0-9a-f]{40}$")
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SlugMaker:
    """Turns tarballs into slugs on the platform's disk."""

    premises: Premises

    async def from_source(
        self, app_id: str, blob: Path, source: Source, say: Say
    ) -> Slug:
        """A slug made from a source; raises BuildError, leaving nothing behind."""
        slug_id = str(uuid4())
        checksum = await self._checked(blob, source.checksum)
        say("-----> Building on the local platform")
        await self.unpack(slug_id, blob)
        try:
            root = self.premises.home.slug(slug_id)
            types = _process_types(root)
            environment = await self.premises.environments.prepare(root, say)
        except BaseException:
            self.discard(slug_id)
            raise
        say("-----> Discovering process types")
        say(f"       Procfile declares types -> {', '.join(types)}")
        kept = self.premises.home.blob(slug_id)
        os.link(blob, kept)  # a blob is replaced as a whole, never written to
        version = source.version or ""
        at = clock.now()
        return Slug(
            id=slug_id,
            app_id=app_id,
            process_types=types,
            created_at=at,
            updated_at=at,
            checksum=checksum,
            commit=version if _COMMIT.match(version) else None,
            commit_description=source.version_description,
            size=kept.stat().st_size,
            environment=environment,
        )

    async def unpack(self, slug_id: str, blob: Path, *, below: str = "") -> None:
        """Extract a tarball as a slug's tree; only its folder `below` if given."""
        root = self.premises.home.slug(slug_id)
        fresh = root.with_name("new")
        try:
            await asyncio.to_thread(archive.extract, blob, fresh)
            (fresh / below).rename(root)
        except archive.ArchiveRefused as error:
            self.discard(slug_id)
            raise BuildError(f"The source tarball is refused: {error}") from None
        except FileNotFoundError:
            self.discard(slug_id)
            raise BuildError(f"The tarball has no folder ./{below}/") from None
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    async def finish(self, slug: Slug, say: Say) -> str:
        """Make an uploaded slug runnable; returns its environment's name."""
        blob = self.premises.home.blob(slug.id)
        if not blob.exists():
            raise BuildError("The slug's blob was not uploaded yet")
        await self._checked(blob, slug.checksum)
        root = self.premises.home.slug(slug.id)
        if not root.exists():
            await self.unpack(slug.id, blob, below="app")
        return await self.premises.environments.prepare(root, say)

    def discard(self, slug_id: str) -> None:
        """Remove what a failed build left."""
        folder = self.premises.home.slug(slug_id).parent
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            self.premises.home.blob(slug_id).unlink()

    async def _checked(self, blob: Path, claimed: str | None) -> str:
        actual = f"SHA256:{await asyncio.to_thread(_sha256, blob)}"
        if claimed is not None and claimed.lower() != actual.lower():
            raise BuildError(f"The tarball's checksum is {actual}, not {claimed}")
        return actual


def _process_types(root: Path) -> dict[str, str]:
    file = root / "Procfile"
    if not file.is_file():
        raise BuildError(
            "There is no Procfile: add one that says how to start the app, "
            "like `web: gunicorn app:app`"
        )
    try:
        return procfile.parse(file.read_text(errors="replace"))
    except procfile.ProcfileError as error:
        raise BuildError(str(error)) from None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
