"""Whoever uses the release in production can use the one under test."""


def test_old_consumers_are_served(gate_contract):
    """No declared promise is broken, and old consumers' requests still work."""
    gate_contract.check()
