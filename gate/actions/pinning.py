"""Apps and pipeline by id: a name may be given to another app, a stage to another."""

from gate.actions.acting import Acting
from gate.errors import MovedMeanwhile, UsageProblem
from gate.model.release import Stage
from gate.model.subject import Pinned


def pin(acting: Acting) -> Pinned:
    """Return the ids of the pipeline and its apps as they are now.

    Raises UsageProblem when there is no such pipeline, or when the apps are not coupled
    to it in the stages of their names: a promotion would be refused or go elsewhere.
    """
    platform, premises = acting.platform, acting.premises
    pipeline = platform.pipeline(premises.pipeline)
    if pipeline is None:
        raise UsageProblem(
            f"there is no pipeline {premises.pipeline}",
            advice="correct [tool.gate] pipeline, or create it: heroku pipelines:create",
        )
    staging = platform.app(premises.staging)
    production = platform.app(premises.production)
    couplings = platform.couplings(pipeline.id)
    for app, stage in ((staging, Stage.STAGING), (production, Stage.PRODUCTION)):
        found = sorted({c.stage for c in couplings if c.app_id == app.id})
        if found != [stage]:
            where = (
                f"in its stage {' and '.join(found)}" if found else "not in it at all"
            )
            raise UsageProblem(
                f"{app.name} is not the {stage.value} app of {pipeline.name}",
                why=f"it is {where}",
                advice="correct [tool.gate], or couple it: heroku pipelines:add",
            )
    return Pinned(
        pipeline_id=pipeline.id,
        staging_id=staging.id,
        production_id=production.id,
        neighbours=tuple(sorted(f"{c.stage.value} {c.app_id}" for c in couplings)),
    )


def still_pinned(acting: Acting, pinned: Pinned) -> None:
    """Raise MovedMeanwhile unless names still stand for the same apps, as coupled."""
    try:
        found = pin(acting)
    except UsageProblem as error:
        raise _changed(str(error)) from error
    if found != pinned:
        raise _changed("an app was coupled, removed, or made anew by the same name")


def _changed(why: str) -> MovedMeanwhile:
    return MovedMeanwhile(
        "the pipeline changed while the candidate was judged; nothing was promoted",
        why=why,
        advice="look who changed it, then promote again",
    )
