"""State as the documented JSON, every field present, nulls explicit."""

from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from gate.local_platform import transitions
from gate.local_platform.dynos.dyno import Dyno
from gate.local_platform.premises import Premises
from gate.local_platform.state import (
    App,
    Build,
    Coupling,
    Pipeline,
    Promotion,
    Release,
    Slug,
    Target,
)

Json = dict[str, Any]

STACK = {"id": "3f0c3a1c-6b6f-4f4e-9d0c-0d5f6f2f1a24", "name": "heroku-24"}
GENERATION = {"id": "5a3c1f5e-0f6d-4f52-8f39-6f1a3b1f5c11", "name": "cedar"}
REGION = {"id": "59accabd-516d-4f0e-83e6-6e3757701145", "name": "us"}
FEATURES = {
    "log-runtime-metrics": "Emit dyno resource usage information into app logs",
    "preboot": "Provide seamless web dyno deploys",
}


class Serializer:
    """Turns what the platform knows into what the API says."""

    def __init__(self, premises: Premises, api_url: str) -> None:
        self._premises = premises
        self._api_url = api_url

    @property
    def _user(self) -> Json:
        account = self._premises.state.account
        return {"id": account.id, "email": account.email}

    def account(self) -> Json:
        """Account: the one user of this platform."""
        account = self._premises.state.account
        return {
            "allow_tracking": False,
            "beta": False,
            "country_of_residence": None,
            "created_at": account.created_at,
            "default_organization": None,
            "default_team": None,
            "delinquent_at": None,
            "email": account.email,
            "federated": False,
            "id": account.id,
            "identity_provider": None,
            "last_login": None,
            "name": None,
            "sms_number": None,
            "suspended_at": None,
            "two_factor_authentication": False,
            "updated_at": account.created_at,
            "verified": True,
        }

    def app(self, app: App) -> Json:
        """App."""
        slug = self._premises.state.current_slug(app)
        return {
            "acm": False,
            "archived_at": None,
            "build_stack": STACK,
            "buildpack_provided_description": slug.description if slug else None,
            "create_status": "complete",
            "created_at": app.created_at,
            "generation": GENERATION,
            "git_url": f"https://git.heroku.com/{app.name}.git",
            "id": app.id,
            "internal_routing": None,
            "maintenance": app.maintenance,
            "name": app.name,
            "organization": None,
            "owner": self._user,
            "process_tier": _tier(app),
            "region": REGION,
            "released_at": app.released_at,
            "repo_size": None,
            "slug_size": slug.size if slug else None,
            "space": None,
            "stack": STACK,
            "team": None,
            "updated_at": app.updated_at,
            "web_url": f"http://127.0.0.1:{app.port}/",
        }

    def build(self, build: Build) -> Json:
        """Build; `slug` and `release` once there are any."""
        source = build.source
        return {
            "app": {"id": build.app_id},
            "buildpacks": None,
            "created_at": build.created_at,
            "generation": GENERATION["name"],
            "id": build.id,
            "output_stream_url": self.output_url(build.id),
            "release": {"id": build.release_id} if build.release_id else None,
            "slug": {"id": build.slug_id} if build.slug_id else None,
            "source_blob": {
                "checksum": source.checksum,
                "url": source.url,
                "version": source.version,
                "version_description": source.version_description,
            },
            "stack": STACK["name"],
            "status": build.status,
            "updated_at": build.updated_at,
            "user": self._user,
        }

    def pipeline_build(self, build: Build) -> Json:
        """Pipeline Build: the same without its generation."""
        whole = self.build(build)
        del whole["generation"]
        return whole

    def slug(self, slug: Slug, method: str) -> Json:
        """Slug, with a signed address to *get* or *put* its tarball."""
        return {
            "blob": {"method": method, "url": self.blob_url(slug.id, method)},
            "buildpack_provided_description": slug.description,
            "checksum": slug.checksum,
            "commit": slug.commit,
            "commit_description": slug.commit_description,
            "created_at": slug.created_at,
            "deleted_at": None,
            "id": slug.id,
            "process_types": slug.process_types,
            "size": slug.size,
            "stack": STACK,
            "updated_at": slug.updated_at,
        }

    def release(self, release: Release) -> Json:
        """Release; one that is no longer kept has the status `expired`."""
        state, kept_for = self._premises.state, self._premises.retention
        app = state.apps[release.app_id]
        expired = transitions.is_expired(state, release, kept_for)
        eligible = transitions.eligible_for_rollback(state, release, kept_for)
        artifacts = [{"type": "slug", "id": release.slug_id}]
        output = self.output_url(release.id) if release.has_output else None
        return {
            "addon_plan_names": sorted(set(release.addons.values())),
            "app": {"id": app.id, "name": app.name},
            "artifacts": artifacts if release.slug_id else [],
            "created_at": release.created_at,
            "current": release.id == app.current_release,
            "description": release.description,
            "eligible_for_rollback": eligible,
            "id": release.id,
            "output_stream_url": output,
            "slug": {"id": release.slug_id} if release.slug_id else None,
            "status": "expired" if expired else release.status,
            "updated_at": release.updated_at,
            "user": self._user,
            "version": release.version,
        }

    def formation(self, app: App, kind: str, command: str) -> Json:
        """Formation: how many dynos of one process type."""
        scale = app.scales[kind]
        return {
            "app": {"id": app.id, "name": app.name},
            "command": command,
            "created_at": scale.created_at,
            "dyno_size": {"id": stable_id(scale.size), "name": scale.size},
            "id": scale.id,
            "quantity": scale.quantity,
            "size": scale.size,
            "type": kind,
            "updated_at": scale.updated_at,
        }

    def dyno(self, app: App, dyno: Dyno) -> Json:
        """Dyno; a one-off that has ended is `down`."""
        return {
            "app": {"id": app.id, "name": app.name},
            "attach_url": None,
            "command": dyno.launch.command,
            "created_at": dyno.created_at,
            "id": dyno.id,
            "name": dyno.name,
            "release": {"id": dyno.launch.release_id, "version": dyno.launch.version},
            "size": dyno.launch.size,
            "state": "down" if dyno.state == "complete" else dyno.state,
            "type": dyno.launch.type,
            "updated_at": dyno.updated_at,
        }

    def pipeline(self, pipeline: Pipeline) -> Json:
        """Pipeline."""
        return {
            "created_at": pipeline.created_at,
            "generation": GENERATION,
            "id": pipeline.id,
            "name": pipeline.name,
            "owner": {"id": self._premises.state.account.id, "type": "user"},
            "updated_at": pipeline.updated_at,
        }

    def coupling(self, coupling: Coupling) -> Json:
        """Pipeline Coupling: an app and its stage."""
        pipeline = self._premises.state.pipelines[coupling.pipeline_id]
        return {
            "app": {"id": coupling.app_id},
            "created_at": coupling.created_at,
            "id": coupling.id,
            "pipeline": {"id": pipeline.id, "name": pipeline.name},
            "stage": coupling.stage,
            "updated_at": coupling.updated_at,
        }

    def promotion(self, promotion: Promotion) -> Json:
        """Pipeline Promotion, without its targets."""
        return {
            "created_at": promotion.created_at,
            "id": promotion.id,
            "pipeline": {"id": promotion.pipeline_id},
            "source": {
                "app": {"id": promotion.source_app_id},
                "release": {"id": promotion.source_release_id},
            },
            "status": promotion.status,
            "updated_at": promotion.updated_at,
        }

    def target(self, promotion: Promotion, target: Target) -> Json:
        """Pipeline Promotion Target: how one app fared."""
        return {
            "app": {"id": target.app_id},
            "error_message": target.error_message,
            "id": target.id,
            "pipeline_promotion": {"id": promotion.id},
            "release": {"id": target.release_id} if target.release_id else None,
            "status": target.status,
        }

    def feature(self, app: App, name: str) -> Json:
        """App Feature."""
        account = self._premises.state.account
        return {
            "created_at": app.created_at,
            "description": FEATURES[name],
            "display_name": name.replace("-", " ").capitalize(),
            "doc_url": f"https://devcenter.heroku.com/articles/{name}",
            "enabled": app.preboot if name == "preboot" else app.runtime_metrics,
            "feedback_email": account.email,
            "id": stable_id(name),
            "name": name,
            "state": "general",
            "updated_at": app.updated_at,
        }

    def blob_url(self, blob_id: str, method: str) -> str:
        """A signed address to put or get a tarball, good for an hour."""
        life = self._premises.timers.blob
        query = self._premises.signer.query(method, blob_id, life)
        return f"{self._api_url}/blobs/{blob_id}?{query}"

    def output_url(self, output_id: str) -> str:
        """A signed address of a build's or release's output, good for an hour."""
        life = self._premises.timers.blob
        query = self._premises.signer.query("output", output_id, life)
        return f"{self._api_url}/outputs/{output_id}?{query}"


def _tier(app: App) -> str:
    """What clients look at to tell apps that sleep from those that do not."""
    sizes = {scale.size.lower() for scale in app.scales.values()}
    return next((tier for tier in ("eco", "basic") if tier in sizes), "production")


def stable_id(name: str) -> str:
    """An id for what has a name and no id of its own, the same on every platform."""
    return str(uuid5(NAMESPACE_DNS, f"{name.lower()}.local-platform.invalid"))
