"""For every run of the suites: the local platform's answers are checked at its end."""

pytest_plugins = ["tests_contract.gate.local_platform.recording"]
