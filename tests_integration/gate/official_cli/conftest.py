"""A platform of its own, apps on it, and Heroku's command line led there."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from gate.local_platform import control, official_cli
from gate.local_platform.control import LocalPlatform
from tests_integration.gate.local_platform.conftest import Client
from tests_integration.gate.official_cli.heroku_command import (
    VARIABLE,
    VERSION,
    Heroku,
)

HOW = (
    f"npm install --prefix DIR heroku@{VERSION} has it as DIR/node_modules/.bin/heroku"
)
RELEASE = (
    'echo "migrating $STEP"; '
    'while [ -n "$HOLD" ] && [ ! -e "$HOLD" ]; do sleep 0.02; done; '
    'echo migrated; test "$STEP" != wrong'
)

Deploy = Callable[..., str]


@pytest.fixture(scope="session")
def program() -> Path:
    """The command line's executable; without it the test is skipped."""
    named = os.environ.get(VARIABLE)
    if not named:
        pytest.skip(f"{VARIABLE} names no command line of Heroku's; {HOW}")
    if not os.access(named, os.X_OK):
        pytest.fail(f"{VARIABLE} names {named}, which cannot be executed")
    return Path(named)


@pytest.fixture(scope="module")
def platform(
    program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalPlatform]:
    """Ten times as fast as Heroku."""
    home = tmp_path_factory.mktemp("platform") / "home"
    yield control.up(home, time_scale=0.1)
    control.down(home)


@pytest.fixture(scope="module")
def client(platform: LocalPlatform) -> Client:
    """Looks at the platform beside the command line."""
    return Client(platform)


@pytest.fixture
def heroku(program: Path, platform: LocalPlatform, tmp_path: Path) -> Heroku:
    """Runs Heroku's command line as `gate local env` has it."""
    shell = official_cli.equip(platform, os.environ)
    return Heroku(program, shell.variables, tmp_path)


@pytest.fixture
def deploy(client: Client) -> Deploy:
    """Makes an app that serves; returns its name.  Process types may be given."""

    def made(**process_types: str) -> str:
        name = f"shop-{uuid4().hex[:8]}"
        client.do("POST", "/apps", {"name": name})
        client.deploy(name, client.files(**process_types) | {"requirements.txt": ""})
        client.web(name, "up")
        return name

    return made


@pytest.fixture
def app(deploy: Deploy) -> str:
    """One app that serves, by name."""
    return deploy()
