"""The release under test carries the load that production carries."""


def test_is_no_worse_under_load(gate_load):
    """It is not slower, hungrier or more faulty than production beside it."""
    gate_load.check()
