"""``[tool.gate]`` and ``GATE_*`` → types, with every mistake named at once."""

from gate.settings.reading import LEDGER_URL, contract_plan, load
from gate.settings.shape import HEROKU_API, Answers, LocalSettings, Settings

__all__ = [
    "HEROKU_API",
    "LEDGER_URL",
    "Answers",
    "LocalSettings",
    "Settings",
    "contract_plan",
    "load",
]
