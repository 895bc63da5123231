"""Cost over time as a picture: SVG written by hand, so that it needs no library and changes with its figures alone.

A panel for each day; across it seconds on a logarithmic scale, upward percent above the best as the logarithm of one
plus that, so that nothing above it is on the picture too. A thin line for each run, a thick one for their median.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from xml.sax.saxutils import escape

_WIDE, _HIGH, _LEFT, _TOP, _GAP = 330, 230, 50, 56, 26
"""Of a panel, and around it, in pixels."""
_FIRST_S = 0.5
_SECONDS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
_PERCENT = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
_COLOURS = ("#1f77b4", "#e6550d", "#2ca02c", "#911eb4", "#8c564b")
_INK, _GREY = "#333333", "#d9d9d9"

Points = tuple[tuple[float, float], ...]
"""(second, percent above the best), in the order of time; it holds until the next."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One run: whose it is, and when it had come how near."""

    engine: str
    points: Points


@dataclass(frozen=True, slots=True)
class Panel:
    """All runs of one day."""

    title: str
    curves: tuple[Curve, ...]


def drawn(panels: Sequence[Panel], time_limit_s: float) -> str:
    """The picture as text."""
    names = list(dict.fromkeys(curve.engine for panel in panels for curve in panel.curves))
    colours = {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(names)}
    width, height = len(panels) * (_WIDE + _LEFT) + _GAP, _TOP + _HIGH + 44
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, name in enumerate(names):
        x = _LEFT + 110 * number
        lines.append(f'<path d="M{x} 15h24" stroke="{colours[name]}" stroke-width="2.5"/>')
        lines.append(_text(x + 30, 19, name, "start"))
    for number, panel in enumerate(panels):
        lines += _panel(panel, _Scale(_LEFT + number * (_WIDE + _LEFT), time_limit_s, _highest(panel)), colours)
    return "\n".join([*lines, "</svg>"]) + "\n"


def median_of(curves: Sequence[Points]) -> Points:
    """At each second where one of the curves falls, the median of all; from when on most of them have begun."""
    found: list[tuple[float, float]] = []
    for second in sorted({second for points in curves for second, _ in points}):
        middle = median(_at(points, second) for points in curves)
        if middle < math.inf and (not found or middle < found[-1][1]):
            found.append((second, middle))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Scale:
    """From seconds and percent to pixels."""

    left: float
    last_s: float
    highest: float

    def x(self, second: float) -> float:
        share = math.log(max(second, _FIRST_S) / _FIRST_S) / math.log(max(self.last_s, 2 * _FIRST_S) / _FIRST_S)
        return self.left + _WIDE * min(1.0, share)

    def y(self, percent: float) -> float:
        return _TOP + _HIGH * (1 - math.log1p(max(percent, 0.0)) / math.log1p(self.highest))


def _highest(panel: Panel) -> float:
    """The first mark of the scale that nothing exceeds."""
    most = max((percent for curve in panel.curves for _, percent in curve.points), default=0.0)
    return next((mark for mark in _PERCENT[1:] if mark >= most), most)


def _panel(panel: Panel, scale: _Scale, colours: dict[str, str]) -> Iterator[str]:
    yield _text(scale.left + _WIDE / 2, _TOP - 14, panel.title, "middle")
    for percent in (mark for mark in _PERCENT if mark <= scale.highest):
        y = scale.y(percent)
        yield f'<path d="M{scale.left:.0f} {y:.1f}h{_WIDE}" stroke="{_GREY}"/>'
        yield _text(scale.left - 5, y + 4, f"{percent:,} %", "end")
    for second in (mark for mark in _SECONDS if mark <= scale.last_s):
        x = scale.x(second)
        yield f'<path d="M{x:.1f} {_TOP}v{_HIGH}" stroke="{_GREY}"/>'
        yield _text(x, _TOP + _HIGH + 15, f"{second:g}", "middle")
    yield _text(scale.left + _WIDE / 2, _TOP + _HIGH + 33, "seconds", "middle")
    for name, colour in colours.items():
        own = [curve.points for curve in panel.curves if curve.engine == name]
        if len(own) > 1:
            yield from (_line(points, scale, colour, 0.8, 0.45) for points in own)
        if own:
            yield _line(median_of(own), scale, colour, 2.5, 1.0)


def _line(points: Points, scale: _Scale, colour: str, width: float, opacity: float) -> str:
    """Steps: what was found holds until something better is."""
    path = "".join(
        f"H{scale.x(second):.1f}V{scale.y(percent):.1f}" if number else f"M{scale.x(second):.1f} {scale.y(percent):.1f}"
        for number, (second, percent) in enumerate(points)
    )
    if points:
        path += f"H{scale.x(scale.last_s):.1f}"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}"/>'


def _at(points: Points, second: float) -> float:
    return next((percent for after, percent in reversed(points) if after <= second), math.inf)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{_INK}" text-anchor="{anchor}">{escape(text)}</text>'
