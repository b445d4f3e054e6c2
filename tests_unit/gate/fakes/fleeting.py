"""A clock for which waiting takes no time."""


class Fleeting:
    """A `gate.actions.clock.Clock`: *ticks* are the seconds that were waited for."""

    boot = "this boot"

    def __init__(self) -> None:
        self.now = 1000.0

    def ticks(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds
