"""A small canvas of matplotlib that ends as SVG to be put into a page.

Drawn with stand-in colours that become the page's CSS variables, so that one picture
reads well on light and on dark; the same numbers give the same bytes.
"""

import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any, Final

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from gate.reports.plain_text import plain
from gate.stats.events import CANDIDATE, Arm

WIDTH, HEIGHT = 4.7, 3.1  # inches: a column of the page, and all of a telephone
INK: Final = "#010203"
FAINT: Final = "#010204"
COLOURS: Final[dict[str, str]] = {"baseline": "#010205", "candidate": "#010206"}
VARIABLES = {
    INK: "--ink",
    FAINT: "--faint",
    COLOURS["baseline"]: "--baseline",
    COLOURS["candidate"]: "--candidate",
}
DASHES: Final[dict[str, str]] = {"baseline": "--", "candidate": "-"}
MARKERS: Final[dict[str, str]] = {"baseline": "s", "candidate": "o"}
SMALL = 8.0
LINE_HEIGHT = 0.06  # of the height of the axes
TICKS = ((100.0, (1.0, 2.0, 5.0)), (10_000.0, (1.0, 3.0)))  # by how wide it is
SETTINGS: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "font.size": 8.5,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.3,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.6,
}


class Canvas:
    """One picture under way: *axes* to draw on, and what all pictures share."""

    def __init__(self, figure: Figure) -> None:
        self._figure = figure
        self.axes: Axes = figure.add_subplot()
        self.svg = Markup()
        self._ends: list[tuple[float, Arm, str]] = []

    def line(self, arm: Arm, points: Sequence[tuple[float, float]]) -> None:
        """Draw one series of an arm, in its colour and its dashes."""
        times, values = zip(*points, strict=True)
        self.axes.plot(
            times,
            values,
            DASHES[arm],
            color=COLOURS[arm],
            zorder=3 if arm == CANDIDATE else 2,
        )

    def mark(self, arm: Arm, at: float, value: float) -> None:
        """Set an arm's mark on a point."""
        self.axes.plot(
            [at], [value], MARKERS[arm], color=COLOURS[arm], markersize=4, zorder=4
        )

    def label(
        self, arm: Arm, point: tuple[float, float], text: str, *, right: bool
    ) -> None:
        """Write beside a point, in the arm's colour."""
        self.axes.annotate(
            text,
            point,
            xytext=(4, -7) if right else (-4, 6),
            textcoords="offset points",
            horizontalalignment="left" if right else "right",
            verticalalignment="center",
            color=COLOURS[arm],
            zorder=5,
        )

    def ends(self, arm: Arm, points: Sequence[tuple[float, float]], text: str) -> None:
        """Name a series at its right end; names that would meet keep their distance."""
        values = [value for _, value in points if math.isfinite(value)]
        if values:
            self._ends.append((values[-1], arm, text))

    def name_ends(self) -> None:
        """Write the names of series, once the axes are what they will be."""
        to_share = self.axes.transData + self.axes.transAxes.inverted()
        placed = sorted(
            (float(to_share.transform((self.axes.get_xlim()[0], value))[1]), arm, text)
            for value, arm, text in self._ends
        )
        lowest = -1.0
        for share, arm, text in placed:
            lowest = max(share, lowest + LINE_HEIGHT)
            self.axes.annotate(
                text,
                (1.01, lowest),
                xycoords="axes fraction",
                verticalalignment="center",
                color=COLOURS[arm],
                annotation_clip=False,
            )

    def moment(self, at: float, text: str, *, strong: bool) -> None:
        """Draw a moment of the run: a line from top to bottom, named above it.

        The strong one is named in a row of its own, so that two never meet.
        """
        colour, width = (INK, 1.1) if strong else (FAINT, 0.8)
        self.axes.axvline(at, color=colour, linewidth=width, linestyle=":", zorder=1)
        late = at > sum(self.axes.get_xlim()) / 2
        self.axes.annotate(
            text,
            (at, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 12 if strong else 2),
            textcoords="offset points",
            horizontalalignment="right" if late else "left",
            fontsize=SMALL,
            fontweight="bold" if strong else "normal",
            annotation_clip=False,
        )

    def level(self, value: float, text: str) -> None:
        """Draw a level that matters, named at its left end."""
        self.axes.axhline(value, color=INK, linewidth=0.9, linestyle="-.")
        self.axes.annotate(
            text,
            (0.01, value),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            fontsize=SMALL,
        )

    def factors(self, axis: str, named: Callable[[float], str]) -> None:
        """Make the axis x or y one of equal factors, its ticks told by *named*."""
        getattr(self.axes, f"set_{axis}scale")("log")
        ticks = self.axes.xaxis if axis == "x" else self.axes.yaxis
        low, high = getattr(self.axes, f"get_{axis}lim")()
        subs = next((each for most, each in TICKS if high / low < most), (1.0,))
        ticks.set_major_locator(LogLocator(subs=subs, numticks=9))
        ticks.set_minor_locator(NullLocator())
        self.named(axis, named)

    def at_least(self, axis: str, span: float) -> None:
        """Widen an axis around its middle until it spans that much."""
        low, high = getattr(self.axes, f"get_{axis}lim")()
        more = max(0.0, span - (high - low)) / 2
        getattr(self.axes, f"set_{axis}lim")(low - more, high + more)

    def named(self, axis: str, named: Callable[[float], str]) -> None:
        """Tell the ticks of an axis by *named*."""
        ticks = self.axes.xaxis if axis == "x" else self.axes.yaxis
        ticks.set_major_formatter(FuncFormatter(lambda value, _: named(value)))


@contextmanager
def canvas(name: str, title: str, told: str) -> Iterator[Canvas]:
    """Give a canvas whose *svg* is there afterwards; *told* says what it shows.

    *name* keeps the ids of several pictures in one page apart. Nothing of the user's
    own settings of matplotlib counts.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        mpl.rcParams["svg.hashsalt"] = name
        drawn = Canvas(Figure(figsize=(WIDTH, HEIGHT), layout="constrained"))
        yield drawn
        drawn.name_ends()
        out = io.StringIO()
        drawn._figure.savefig(  # noqa: SLF001 - of its own class
            out,
            format="svg",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    drawn.svg = _for_a_page(out.getvalue(), name, title, told)


def _for_a_page(svg: str, name: str, title: str, told: str) -> Markup:
    """Keep the picture itself, give it words, and let the page choose its colours."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style .*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", body)
    body = re.sub(r' id="([^"]+)"', rf' id="{name}-\1"', body)
    body = re.sub(r'href="#', f'href="#{name}-', body)
    body = re.sub(r"url\(#", f"url(#{name}-", body)
    for colour, variable in VARIABLES.items():
        body = body.replace(colour, f"var({variable})")
    size = re.search(r'viewBox="[^"]+"', body)
    assert size is not None, "matplotlib gives every picture its size"
    ids = f"{name}-title {name}-told"
    return Markup(  # noqa: S704 - drawn here, and what is said beside it is escaped
        f'<svg {size[0]} role="img" aria-labelledby="{ids}" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-told">{escape(plain(told))}</desc>'
        + body[body.index(">") + 1 :].strip()
    )
