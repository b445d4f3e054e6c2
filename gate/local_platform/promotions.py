"""Promotions: one release's slug, released again on other apps of a pipeline."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from gate.local_platform import clock
from gate.local_platform.releases import Releaser
from gate.local_platform.state import App, Promotion, Release, Slug, Target


@dataclass(frozen=True, slots=True)
class Promoter:
    """Carries out promotions, each target for itself."""

    releaser: Releaser

    async def carry_out(self, promotion: Promotion) -> None:
        """Release on every target; the promotion is complete when all settled."""
        work = (self._promote(promotion.id, t.id) for t in promotion.targets)
        await asyncio.gather(*work)

    async def _promote(self, promotion_id: str, target_id: str) -> None:
        premises = self.releaser.premises
        state = premises.state
        promotion = state.promotions[promotion_id]
        target = next(t for t in promotion.targets if t.id == target_id)
        await self.releaser.quiet(target.app_id)
        app = state.apps.get(target.app_id)
        source = state.releases.get(promotion.source_release_id)
        slug = state.slugs.get(source.slug_id or "") if source else None
        if app is None or source is None or slug is None:
            message = "The app or the release is no longer there"
            self._settle(promotion_id, target_id, "failed", error_message=message)
            return
        release = self.releaser.create(
            app, slug, app.config, self._describe(source, slug)
        )
        self._settle(promotion_id, target_id, "pending", release_id=release.id)
        settled = await self.releaser.settled(release.id)
        if settled is not None and settled.status == "succeeded":
            self._settle(promotion_id, target_id, "succeeded")
        else:
            message = f"The release command of v{release.version} failed"
            self._settle(promotion_id, target_id, "failed", error_message=message)

    def _describe(self, source: Release, slug: Slug) -> str:
        """Like `Promote shop-staging v12 1a2b3c4d`."""
        app: App = self.releaser.premises.state.apps[source.app_id]
        short = f" {slug.commit[:8]}" if slug.commit else ""
        return f"Promote {app.name} v{source.version}{short}"

    def _settle(
        self, promotion_id: str, target_id: str, status: str, **facts: Any
    ) -> None:
        premises = self.releaser.premises
        promotion = premises.state.promotions[promotion_id]

        def changed(target: Target) -> Target:
            if target.id != target_id:
                return target
            return replace(target, status=status, **facts)  # type: ignore[arg-type]

        premises.state.promotions[promotion_id] = replace(
            promotion,
            targets=tuple(map(changed, promotion.targets)),
            updated_at=clock.now(),
        )
        premises.save()
