"""A process loads what it needs: hundreds are started for one release."""

import subprocess
import sys

import pytest

HTTP = {"requests", "urllib3", "aiohttp", "asyncio"}
JUDGEMENT = {"gate.judges", "gate.openapi", "gate.suites.contract", "jsonschema_rs"}
MEASURING = {"coverage", "schemathesis", "locust", "matplotlib"}


@pytest.mark.parametrize(
    ("module", "needless"),
    [
        ("gate.pytest_plugin", HTTP | JUDGEMENT | MEASURING | {"pydantic"}),
        ("gate.pytest_plugin.taking_part", HTTP | JUDGEMENT | MEASURING | {"rich"}),
        ("gate.cli.status", HTTP | JUDGEMENT | MEASURING | {"gate.wiring"}),
        ("gate.wiring", {"aiohttp", "asyncio", "gate.openapi", "rich"} | MEASURING),
    ],
)
def test_what_is_not_needed_is_not_loaded(module: str, needless: set[str]) -> None:
    """Neither for a test run of anybody, nor for a command that only looks back."""
    program = f"import sys, {module}; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert needless.isdisjoint(told.stdout.split())
