"""What tests may ask for: where things serve, and what the gate measures."""

from collections.abc import Mapping

import pytest

from gate.model.evidence import Category
from gate.pytest_plugin.measured import Measured, measure
from gate.pytest_plugin.selection import PLUGIN
from gate.suites.case_recorder import MEASURED_PROPERTY
from gate.suites.run_folder import RunFolder


@pytest.fixture(scope="session")
def app_url(pytestconfig: pytest.Config) -> str:
    """Return where the release under test serves, without a trailing slash."""
    return _folder(pytestconfig).subject().candidate_url


@pytest.fixture(scope="session")
def components(pytestconfig: pytest.Config) -> Mapping[str, str]:
    """Return where the components serve, by the name that the settings give."""
    return _folder(pytestconfig).subject().components


@pytest.fixture
def gate_health(request: pytest.FixtureRequest) -> Measured:
    """Return the measured health of the candidate."""
    return _measure(request, Category.HEALTH)


@pytest.fixture
def gate_contract(request: pytest.FixtureRequest) -> Measured:
    """Return how old consumers fare on the candidate."""
    return _measure(request, Category.CONTRACT)


@pytest.fixture
def gate_load(request: pytest.FixtureRequest) -> Measured:
    """Return how the candidate fares under load beside the baseline."""
    return _measure(request, Category.LOAD)


def _folder(config: pytest.Config) -> RunFolder:
    folder = getattr(config.pluginmanager.get_plugin(PLUGIN), "folder", None)
    if not isinstance(folder, RunFolder):
        pytest.fail("there is no candidate: run pytest -m gate", pytrace=False)
    return folder


def _measure(request: pytest.FixtureRequest, category: Category) -> Measured:
    request.node.user_properties.append((MEASURED_PROPERTY, True))
    return measure(category, _folder(request.config), request.config.rootpath)
