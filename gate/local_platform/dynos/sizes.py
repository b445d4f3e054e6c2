"""Dyno sizes: what memory each may use, and at how much it is killed.

CPU share is not emulated: every size runs as fast as this machine does.
"""

from dataclasses import dataclass

MEGABYTE = 1024 * 1024
_GIGABYTE = 1024 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Size:
    """A dyno size; *quota* and *killed_at* (R15) are in bytes."""

    name: str
    quota: int
    killed_at: int

    @property
    def swaps(self) -> bool:
        """Whether it may exceed its quota for a while (R14) before it is killed."""
        return self.killed_at > self.quota

    @property
    def sleeps(self) -> bool:
        """Whether it sleeps when nobody visits its app."""
        return self.name == "Eco"


def _sizes() -> dict[str, Size]:
    small = ("Eco", "Basic", "Standard-1X")
    table = dict.fromkeys(small, (0.5, 1.0)) | {
        "Standard-2X": (1, 2),
        "Performance-M": (2.5, 5),
        "Performance-L": (14, 28),
        "Performance-L-RAM": (30, 36),
        "Performance-XL": (62, 74),
        "Performance-2XL": (126, 151),
    }
    dedicated = {"S": 1, "M": 2.5, "L": 14, "L-RAM": 30, "XL": 62, "2XL": 126}
    for space in ("Private", "Shield"):
        table |= {f"{space}-{name}": (gb, gb) for name, gb in dedicated.items()}
    return {
        name.lower(): Size(name, int(quota * _GIGABYTE), int(killed_at * _GIGABYTE))
        for name, (quota, killed_at) in table.items()
    }


SIZES = _sizes()


def find(name: str) -> Size | None:
    """The size of that name, whose spelling varies in case; None if there is none."""
    return SIZES.get(name.lower())


def known(name: str) -> Size:
    """The size of that name; the limits of Basic for one that is not known."""
    return find(name) or SIZES["basic"]
