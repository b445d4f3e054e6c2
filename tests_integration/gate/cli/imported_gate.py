"""All that a `gate` command may come to import, imported."""

import gate.__main__
import gate.cli.check
import gate.cli.local
import gate.cli.promote
import gate.cli.status
import gate.wiring
from tests_integration.gate.cli import gate_command
