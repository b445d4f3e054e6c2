"""How a run is told: to a person at a terminal, and to a machine."""
