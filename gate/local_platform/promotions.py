"""Promotions: one release's slug, released again on other apps of a pipeline."""

import asyncio
from dataclasses import dataclass, replace

from gate.local_platform import clock
from gate.local_platform.faults.kinds import Place
from gate.local_platform.releases import Releaser
from gate.local_platform.state import Promotion, Release, Slug, Target


@dataclass(frozen=True, slots=True)
class Promoter:
    """Carries out promotions, each target for itself."""

    releaser: Releaser

    async def carry_out(self, promotion: Promotion) -> None:
        """Release on every target; the promotion is complete when all settled.

        It begins after a while, so that clients see targets without a release first.
        """
        await asyncio.sleep(self.releaser.premises.timers.promotion)
        work = (self._promote(promotion, target) for target in promotion.targets)
        await asyncio.gather(*work)

    async def _promote(self, promotion: Promotion, target: Target) -> None:
        state = self.releaser.premises.state
        if not await self._spared(promotion, target):
            return
        await self.releaser.quiet(target.app_id)
        app = state.apps.get(target.app_id)
        source = state.releases.get(promotion.source_release_id)
        slug = state.slugs.get(source.slug_id or "") if source else None
        if app is None or source is None or slug is None:
            message = "The app or release is no longer there"
            await self._fail(promotion.id, target, message)
            return
        try:
            release = self.releaser.create(
                app,
                slug,
                app.config,
                self._describe(source, slug),
                lambda r: self._note(promotion.id, replace(target, release_id=r.id)),
            )
        except OSError as error:
            await self._fail(promotion.id, target, f"No release was made: {error}")
            return
        target = replace(target, release_id=release.id)
        settled = await self.releaser.settled(release.id)
        if settled is not None and settled.status == "succeeded":
            await self._record(promotion.id, replace(target, status="succeeded"))
        else:
            message = f"The release command of v{release.version} failed"
            await self._fail(promotion.id, target, message)

    async def _spared(self, promotion: Promotion, target: Target) -> bool:
        """Let a fault delay or fail one target; whether it goes on."""
        premises = self.releaser.premises
        app = premises.state.apps.get(target.app_id)
        fault = premises.faults.take(Place.PROMOTION, app=app.name) if app else None
        if fault is not None and fault.kind == "promotion-fail":
            await self._fail(promotion.id, target, "The promotion failed by request")
            return False
        if fault is not None:
            await fault.wait()
        return True

    def _describe(self, source: Release, slug: Slug) -> str:
        """Like `Promote shop-staging v12 1a2b3c4d`."""
        app = self.releaser.premises.state.apps[source.app_id]
        short = f" {slug.commit[:8]}" if slug.commit else ""
        return f"Promote {app.name} v{source.version}{short}"

    async def _fail(self, promotion_id: str, target: Target, message: str) -> None:
        failed = replace(target, status="failed", error_message=message)
        await self._record(promotion_id, failed)

    async def _record(self, promotion_id: str, target: Target) -> None:
        premises = self.releaser.premises
        await premises.insist(lambda: self._note(promotion_id, target))

    def _note(self, promotion_id: str, target: Target) -> None:
        premises = self.releaser.premises
        promotion = premises.state.promotions[promotion_id]
        targets = (target if t.id == target.id else t for t in promotion.targets)
        premises.state.promotions[promotion_id] = replace(
            promotion, targets=tuple(targets), updated_at=clock.now()
        )
