"""From a source tarball to a slug."""

import asyncio
import contextlib
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from gate.local_platform import clock
from gate.local_platform.building import archive, procfile
from gate.local_platform.building.commands import BUILD_LIMIT, BuildError, Say
from gate.local_platform.building.hooks import Hooks
from gate.local_platform.premises import Premises
from gate.local_platform.state import Slug, Source

LARGEST = 500 * 1024 * 1024  # bytes, compressed, as on Heroku
_CHUNK = 1024 * 1024
_WARNING = " !     Warning: "


@dataclass(frozen=True, slots=True)
class SlugMaker:
    """Turns tarballs into slugs on the platform's disk."""

    premises: Premises
    limit: float = BUILD_LIMIT
    _finishing: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def from_source(
        self, app_id: str, blob: Path, source: Source, say: Say
    ) -> Slug:
        """A slug made from a source; raises BuildError, leaving nothing behind."""
        slug_id = str(uuid4())
        checksum = await self._checked(blob, source.checksum)
        say("-----> Building on the local platform")
        config = self.premises.state.apps[app_id].config
        root = self.premises.home.slug(slug_id)
        home = self.premises.dynos / f"build-{slug_id}"
        revision = {"SOURCE_VERSION": source.version or ""}
        hooks = Hooks(root, home, {**config, **revision}, say)
        try:
            await self.unpack(slug_id, blob)
            async with self._limits(say) as warn:
                types = _process_types(root)
                await hooks.run("pre_compile")
                environment = await self.premises.environments.prepare(
                    root, checksum, say=say, warn=warn
                )
                programs = self.premises.environments.bin(environment)
                await hooks.collect_static(programs)
                await hooks.run("post_compile", programs)
                await asyncio.to_thread(self._check_size, root, programs, warn)
        except BaseException:
            await asyncio.to_thread(self.discard, slug_id)
            raise
        say("-----> Discovering process types")
        say(f"       Procfile declares types -> {', '.join(types)}")
        kept = self.premises.home.blob(slug_id)
        os.link(blob, kept)  # a blob is replaced as a whole, never written to
        at = clock.now()
        return Slug(
            id=slug_id,
            app_id=app_id,
            process_types=types,
            created_at=at,
            updated_at=at,
            checksum=checksum,
            commit=source.version,
            commit_description=source.version_description,
            size=kept.stat().st_size,
            environment=environment,
        )

    async def unpack(self, slug_id: str, blob: Path, *, below: str = "") -> None:
        """Extract a tarball as a slug's tree; only its folder `below` if given."""
        root = self.premises.home.slug(slug_id)
        fresh = root.with_name(f".{uuid4()}")
        try:
            await _to_its_end(archive.extract, blob, fresh)
            (fresh / below).rename(root)
        except archive.ArchiveRefused as error:
            await asyncio.to_thread(self.discard, slug_id)
            raise BuildError(f"The source tarball is refused: {error}") from None
        except FileNotFoundError:
            await asyncio.to_thread(self.discard, slug_id)
            raise BuildError(f"The tarball has no folder ./{below}/") from None
        finally:
            await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)

    async def finish(self, slug: Slug, say: Say) -> str:
        """Make an uploaded slug runnable; returns its environment's name.

        Always from what is uploaded now: an earlier attempt may have had another.
        """
        blob = self.premises.home.blob(slug.id)
        if not blob.exists():
            raise BuildError("The slug's blob was not uploaded yet")
        async with self._finishing.setdefault(slug.id, asyncio.Lock()):
            known = self.premises.state.slugs.get(slug.id, slug)
            if known.environment is not None:  # made while we waited, and may run
                return known.environment
            checksum = await self._checked(blob, slug.checksum)
            root = self.premises.home.slug(slug.id)
            await asyncio.to_thread(shutil.rmtree, root, ignore_errors=True)
            await self.unpack(slug.id, blob, below="app")
            async with self._limits(say) as warn:
                return await self.premises.environments.prepare(
                    root, checksum, say=say, warn=warn
                )

    def is_busy(self, slug_id: str) -> bool:
        """Whether an uploaded slug is being made runnable right now."""
        return slug_id in self._finishing and self._finishing[slug_id].locked()

    def discard(self, slug_id: str) -> None:
        """Remove what a failed build left."""
        folder = self.premises.home.slug(slug_id).parent
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            self.premises.home.blob(slug_id).unlink()

    @contextlib.asynccontextmanager
    async def _limits(self, say: Say) -> AsyncIterator[Say]:
        """Give what collects warnings, told at the end; raises BuildError when late."""
        warnings: list[str] = []
        try:
            async with asyncio.timeout(self.limit):
                yield warnings.append
        except TimeoutError:
            raise BuildError(
                f"The build was stopped: it took longer than {self.limit / 60:g} minutes"
            ) from None
        finally:
            for warning in warnings:
                say(f"{_WARNING}{warning}")

    def _check_size(self, root: Path, programs: Path, warn: Say) -> None:
        """Heroku's limit is on a compressed slug, which holds packages as well."""
        size = _size(root) + _size(programs.parent)
        if size > LARGEST:
            warn(
                f"the app and its packages are {size // 1024**2} MB; Heroku refuses "
                f"slugs of more than {LARGEST // 1024**2} MB after compression"
            )

    async def _checked(self, blob: Path, claimed: str | None) -> str:
        actual = f"SHA256:{await asyncio.to_thread(_sha256, blob)}"
        if claimed is not None and claimed.lower() != actual.lower():
            raise BuildError(f"The tarball's checksum is {actual}, not {claimed}")
        return actual


async def _to_its_end(call: Callable[..., object], *arguments: object) -> None:
    """Call it in a thread, which goes on when we are cancelled: then wait for it."""
    work = asyncio.ensure_future(asyncio.to_thread(call, *arguments))
    try:
        await asyncio.shield(work)
    finally:
        await asyncio.wait([work])


def _process_types(root: Path) -> dict[str, str]:
    file = root / "Procfile"
    if not file.is_file():
        near = [each.name for each in root.iterdir() if each.name.lower() == "procfile"]
        if near:
            raise BuildError(f"There is a {near[0]}, but it must be called Procfile")
        raise BuildError(
            "There is no Procfile: add one at the top of the app that says how to "
            "start it, like `web: gunicorn app:app`"
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


def _size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(
        os.lstat(f"{place}/{name}").st_size
        for place, _, names in os.walk(folder)
        for name in names
    )
