"""Heroku's command line builds a pipeline and promotes through it."""

import re
from pathlib import Path

import pytest

from tests_integration.gate.local_platform.conftest import Client
from tests_integration.gate.official_cli.conftest import RELEASE, Deploy
from tests_integration.gate.official_cli.heroku_command import Heroku

pytestmark = pytest.mark.heroku_cli


def test_a_pipeline_promotes_what_staging_runs(
    heroku: Heroku, client: Client, deploy: Deploy, tmp_path: Path
) -> None:
    """The release phase is streamed; when it fails, production stays as it was."""
    staging, production = deploy(release=RELEASE), deploy(release=RELEASE)
    done = heroku.do(f"pipelines:create {staging} -a {staging} -s staging")
    assert f"Creating {staging} pipeline... done" in done.told
    done = heroku.do(f"pipelines:add {staging} -a {production} -s production")
    assert f"to {staging} pipeline as production... done" in done.told

    go = tmp_path / "go"
    go.touch()
    client.do("PATCH", f"/apps/{production}/config-vars", {"HOLD": str(go)})
    assert client.settled(production, 4)["status"] == "succeeded"
    go.unlink()
    promotion = heroku.start(f"pipelines:promote -a {staging}")
    promotion.until("Running release command...")
    assert client.current(production)["version"] == 4
    go.touch()
    done = promotion.finish()
    assert done.code == 0, done
    assert done.out.endswith(f"\nPromotion successful\n{production}: succeeded\n")
    assert "migrating \nmigrated\n" in done.out
    promoted, source = client.current(production), client.current(staging)
    assert promoted["version"] == 5
    assert promoted["slug"] == source["slug"]
    assert promoted["description"].startswith(f"Promote {staging} v3")

    client.do("PATCH", f"/apps/{production}/config-vars", {"STEP": "wrong"})
    assert client.settled(production, 6)["status"] == "failed"
    info, failed = heroku.together(
        f"pipelines:info {staging}", f"pipelines:promote -a {staging}"
    )
    assert info.code == 0, info
    rows = re.findall(r"^  (\S+) +(staging|production) *$", info.out, re.MULTILINE)
    assert rows == [(staging, "staging"), (production, "production")]
    assert failed.code == 1
    assert "Promotion to some apps failed" in failed.told
    assert f"{production}: failed" in failed.out
    assert client.settled(production, 7)["status"] == "failed"
    assert client.current(production)["version"] == 5
