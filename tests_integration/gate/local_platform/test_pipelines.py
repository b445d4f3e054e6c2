"""Pipelines, the places of apps in them, and what was last done there."""

from typing import Any
from uuid import uuid4


def coupled(client: Any, *stages: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A new pipeline and a coupling of a new app for each of the stages."""
    name = f"pipe-{uuid4().hex[:8]}"
    owner = {"id": client.do("GET", "/account")["id"], "type": "user"}
    pipeline = client.do("POST", "/pipelines", {"name": name, "owner": owner})
    places = [
        client.do(
            "POST",
            "/pipeline-couplings",
            {"app": client.app(), "pipeline": pipeline["id"], "stage": stage},
        )
        for stage in stages
    ]
    return pipeline, places


def test_a_pipeline_is_found_by_name_and_can_be_renamed(client: Any) -> None:
    """As the command line looks for it: in a list that holds nothing else."""
    pipeline, _ = coupled(client)
    found = client.do("GET", f"/pipelines?eq[name]={pipeline['name']}")
    assert found == [pipeline] == [client.do("GET", f"/pipelines/{pipeline['name']}")]
    assert pipeline in client.do("GET", "/pipelines")
    path, other = f"/pipelines/{pipeline['id']}", f"pipe-{uuid4().hex[:8]}"
    assert client.do("PATCH", path, {"name": other})["name"] == other
    assert client.do("GET", f"/pipelines?eq[name]={pipeline['name']}") == []
    taken = client.ask("POST", "/pipelines", {"name": other})
    assert (taken.status_code, taken.json()["id"]) == (422, "invalid_params")
    client.do("DELETE", path)
    assert client.ask("GET", path).status_code == 404


def test_a_coupling_names_its_pipeline_and_can_be_moved(client: Any) -> None:
    """One object for an app, not a list; none once it is taken out."""
    pipeline, (staging, production) = coupled(client, "staging", "production")
    assert staging["pipeline"] == {"id": pipeline["id"], "name": pipeline["name"]}
    of_app = f"/apps/{staging['app']['id']}/pipeline-couplings"
    path = f"/pipeline-couplings/{staging['id']}"
    assert client.do("GET", of_app) == staging == client.do("GET", path)
    both = client.do("GET", f"/pipelines/{pipeline['id']}/pipeline-couplings")
    assert both == sorted([staging, production], key=lambda place: place["id"])
    for every in ("/pipeline-couplings", "/users/~/pipeline-couplings"):
        assert staging in client.do("GET", every)
    again = {"app": staging["app"]["id"], "pipeline": pipeline["id"], "stage": "test"}
    assert client.ask("POST", "/pipeline-couplings", again).status_code == 422
    assert client.do("PATCH", path, {"stage": "review"})["stage"] == "review"
    client.do("DELETE", path)
    assert client.ask("GET", of_app).status_code == 404


def test_a_pipeline_shows_the_latest_of_each_app(client: Any) -> None:
    """The newest release, the newest that changed the slug, and the newest build."""
    pipeline, (staging, _) = coupled(client, "staging", "production")
    app = staging["app"]["id"]
    deployed = client.deploy(app)
    client.do("PATCH", f"/apps/{app}/config-vars", {"A": "1"})
    path = f"/pipelines/{pipeline['id']}"
    latest = {r["app"]["id"]: r for r in client.do("GET", f"{path}/latest-releases")}
    assert len(latest) == 2
    assert latest[app]["version"] == deployed["version"] + 1
    [deployment] = client.do("GET", f"{path}/latest-deployments")
    assert deployment["id"] == deployed["id"]
    [build] = client.do("GET", f"{path}/latest-builds")
    assert build["release"] == {"id": deployed["id"]}
