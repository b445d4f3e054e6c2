"""What the shipped workflows promise, read from their text."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gate.settings import load

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".github" / "workflows"
NAMES = ("ci", "gate", "release", "resume")
PROGRAMS = Path(sys.executable).parent
PINNED = re.compile(r"uses: [\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
ACTING = re.compile(r"gate (deploy|check|promote|rollback|resume|rehearse)\b")
ON = True  # YAML 1.1 reads the key `on` as a truth value

Tree = dict[Any, Any]


def text(name: str) -> str:
    """The text of a workflow."""
    return (FOLDER / f"{name}.yml").read_text()


def tree(name: str) -> Tree:
    """A workflow as a tree."""
    parsed: Tree = yaml.safe_load(text(name))
    return parsed


def the_job(name: str) -> Tree:
    """The only job of a workflow."""
    (job,) = tree(name)["jobs"].values()
    found: Tree = job
    return found


def scripts(name: str) -> Iterator[str]:
    """All shell text of a workflow."""
    for job in tree(name)["jobs"].values():
        yield from (step["run"] for step in job["steps"] if "run" in step)


def places(part: object, needle: str, place: str = "") -> Iterator[str]:
    """Where in a tree a text occurs."""
    match part:
        case dict():
            for key, value in part.items():
                yield from places(value, needle, f"{place}/{key}")
        case list():
            for number, value in enumerate(part):
                yield from places(value, needle, f"{place}/{number}")
        case str() if needle in part:
            yield place


def lint(*command: str) -> subprocess.CompletedProcess[str]:
    """Run one of the linters over the shipped files."""
    return subprocess.run(
        [str(PROGRAMS / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("actionlint",),
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
        (
            "check-jsonschema",
            "--builtin-schema",
            "custom.github-workflows-require-timeout",
        ),
        ("zizmor", "--offline", "--strict-collection", "--persona", "pedantic"),
    ],
    ids=["meaning", "shape", "timeouts", "security"],
)
def test_linters_find_nothing(command: tuple[str, ...]) -> None:
    """Each linter accepts every shipped workflow."""
    told = lint(*command, *(str(FOLDER / f"{name}.yml") for name in NAMES))
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_workflow_is_looked_at() -> None:
    """No workflow is shipped that these tests do not know."""
    assert {path.name for path in FOLDER.iterdir()} == {f"{n}.yml" for n in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_permissions_are_the_least(name: str) -> None:
    """A workflow may do nothing, and its jobs may read the repository."""
    assert tree(name)["permissions"] == {}
    jobs = tree(name)["jobs"].values()
    assert all(job["permissions"] == {"contents": "read"} for job in jobs)


@pytest.mark.parametrize("name", NAMES)
def test_actions_are_pinned(name: str) -> None:
    """Every action is named by its commit, with the version for people to read."""
    used = [line for line in text(name).splitlines() if "uses:" in line]
    assert used
    assert [line for line in used if not PINNED.search(line)] == []


@pytest.mark.parametrize("name", NAMES)
def test_checkouts_keep_no_credentials_and_the_whole_history(name: str) -> None:
    """What runs later finds no token in .git, and finds production's commit."""
    for job in tree(name)["jobs"].values():
        (checkout,) = (
            step["with"]
            for step in job["steps"]
            if step.get("uses", "").startswith("actions/checkout@")
        )
        assert checkout == {"fetch-depth": 0, "persist-credentials": False}


@pytest.mark.parametrize("name", NAMES)
def test_no_expression_is_pasted_into_a_script(name: str) -> None:
    """Branch names and titles reach scripts through the environment alone."""
    assert [script for script in scripts(name) if "${{" in script] == []


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("gate", ["promote"]),
        ("release", ["promote", "resume"]),
        ("resume", ["resume"]),
    ],
)
def test_the_gate_hears_the_runners_signals(name: str, commands: list[str]) -> None:
    """A command that acts replaces the shell: it alone is told of a cancellation."""
    acting = [script for script in scripts(name) if ACTING.search(script)]
    assert acting == [f"exec python -m gate {command}" for command in commands]


def test_the_required_check_cannot_be_skipped() -> None:
    """One job named gate, with no condition, no needs and no filter of any kind."""
    assert tree("gate")[ON] == {
        "pull_request": None,
        "merge_group": {"types": ["checks_requested"]},
    }
    job = the_job("gate")
    assert job["name"] == "gate"
    assert not job.keys() & {"if", "needs", "strategy", "continue-on-error"}
    steps = [step for step in job["steps"] if "continue-on-error" in step]
    assert steps == []


def test_the_gates_own_steps_are_unconditional() -> None:
    """Only what is told afterwards has a condition, and it never hides a failure."""
    conditions = {
        step.get("name", step.get("uses", "").partition("@")[0]): step["if"]
        for step in the_job("gate")["steps"]
        if "if" in step
    }
    assert conditions == {
        "Say why": "${{ !cancelled() }}",
        "actions/upload-artifact": "${{ !cancelled() }}",
        "Stop the local platform": "${{ always() }}",
    }


def test_the_required_check_knows_no_secret() -> None:
    """Code of a fork runs there."""
    assert list(places(tree("gate"), "secrets.")) == []


def test_only_a_newer_push_to_a_pull_request_cancels_the_required_check() -> None:
    """In the merge queue each commit is judged to the end."""
    cancels = tree("gate")["concurrency"]["cancel-in-progress"]
    assert cancels == "${{ github.event_name == 'pull_request' }}"


def test_releases_wait_for_each_other() -> None:
    """A release under way is never cancelled, and no later push is dropped."""
    assert tree("release")[ON] == {"push": {"branches": ["main"]}}
    assert tree("release")["concurrency"] == {
        "group": "release-${{ vars.GATE_PRODUCTION }}",
        "cancel-in-progress": False,
        "queue": "max",
    }


@pytest.mark.parametrize("name", ["release", "resume"])
def test_only_what_acts_is_given_the_secrets(name: str) -> None:
    """The key to Heroku and the ledger's address, to the commands that need them."""
    steps = the_job(name)["steps"]
    keyed = [step for step in steps if list(places(step, "secrets."))]
    assert keyed == [step for step in steps if ACTING.search(step.get("run", ""))]
    secrets = ("HEROKU_API_KEY", "GATE_LEDGER_URL")
    for step in keyed:
        assert step["env"] == {each: f"${{{{ secrets.{each} }}}}" for each in secrets}
    assert len(list(places(tree(name), "secrets."))) == len(keyed) * len(secrets)


def test_a_broken_off_release_is_finished_whatever_became_of_its_job() -> None:
    """Right after the promotion, also in a job that was cancelled."""
    commands = [step.get("run", "") for step in the_job("release")["steps"]]
    promoting = commands.index("exec python -m gate promote")
    following = the_job("release")["steps"][promoting + 1]
    assert following["run"] == "exec python -m gate resume"
    assert following["if"] == "${{ always() }}"


def test_a_release_that_lost_its_runner_is_finished_by_the_clock() -> None:
    """Never beside a release, never instead of one that waits, and after half an hour."""
    assert tree("resume")["concurrency"] == tree("release")["concurrency"]
    assert tree("resume")[ON] == {
        "schedule": [{"cron": "7,37 * * * *"}],
        "workflow_dispatch": None,
    }
    assert the_job("resume")["env"] == the_job("release")["env"]


@pytest.mark.parametrize("name", ["release", "resume"])
def test_the_key_is_taken_from_production(name: str) -> None:
    """Branch rules and reviewers of the production environment guard the key."""
    assert the_job(name)["environment"] == "production"


def test_the_release_workflow_speaks_the_gates_settings(tmp_path: Path) -> None:
    """Every GATE_* name that it sets is a setting, and the names are those meant."""
    names = {
        "GATE_PIPELINE": "shop",
        "GATE_STAGING": "shop-staging",
        "GATE_PRODUCTION": "shop-production",
        "GATE_BASELINE": "shop-baseline",
        "GATE_COMPONENTS": "pricing=shop-pricing",
    }

    def filled(value: str) -> str:
        return re.sub(r"\$\{\{ vars\.(\w+) \}\}", lambda m: names[m[1]], value)

    stated = the_job("release")["env"].items()
    settings = load(tmp_path, {name: filled(value) for name, value in stated})
    assert settings.platform == "heroku"
    assert (settings.pipeline, settings.staging) == ("shop", "shop-staging")
    assert (settings.production, settings.baseline) == (
        "shop-production",
        "shop-baseline",
    )
    assert settings.integration.components == {"pricing": "shop-pricing"}


def test_our_own_tests_are_those_of_the_clean_checkout() -> None:
    """The ci workflow runs .ci/run and nothing beside it."""
    assert list(scripts("ci")) == ["exec .ci/run"]
