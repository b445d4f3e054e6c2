"""``pytest -m gate``: the suites where tests live, and the verdict at the end.

Every test under a suite's paths carries the marks ``gate`` and its category. A run that
selects them finds the candidate (deploying the checked-out commit to the local
platform when no other is named), hands its address to the tests (`app_url`,
`components`), and ends with the verdict table. Health, contract and load are measured
by the gate: through the fixtures `gate_health`, `gate_contract` and `gate_load`, or by an
item of their own where no test asks.

With ``--gate-run`` a run that the gate has prepared is used, and only evidence is left.
"""

import pytest

from gate.model.evidence import SUITES
from gate.pytest_plugin.selection import MARK, is_gate_run, prepared_run


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option by which the gate hands a prepared run to a child."""
    parser.getgroup("gate", "the release gate: pytest -m gate").addoption(
        "--gate-run",
        metavar="DIR",
        help="use the run that the gate prepared in DIR, and leave evidence there",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Measure coverage from before the first conftest, which may import the app."""
    told = early_config.known_args_namespace
    asked = told.markexpr or ""
    if told.gate_run:
        from gate.suites.parent_process import end_with_parent  # noqa: PLC0415

        end_with_parent()
    if told.gate_run or is_gate_run(asked):
        from gate.pytest_plugin.taking_part import begin_to_measure  # noqa: PLC0415

        begin_to_measure(early_config, asked)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, and take part in this run where it is the gate's."""
    config.addinivalue_line("markers", f"{MARK}: part of the release gate's suites")
    for category in SUITES:
        config.addinivalue_line(
            "markers", f"{category.value}: the gate's {category.value} suite"
        )
    if _concerned(config):
        # Late, because most runs of most projects need none of it.
        from gate.pytest_plugin.taking_part import take_part  # noqa: PLC0415

        take_part(config)


def _concerned(config: pytest.Config) -> bool:
    """Whether this project has a gate, or this run asks for one."""
    if prepared_run(config) or is_gate_run(config.option.markexpr):
        return True
    project = config.rootpath / "pyproject.toml"
    return project.is_file() and "[tool.gate" in project.read_text(errors="replace")
