"""Pictures of figures, as SVG without scripts."""

from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT, _MARGIN = 640, 240, 32


def weekly_use_picture(title: str, weeks: Sequence[int], mean: float, reorder_point: int) -> str:
    """Bars of what was used week by week, with the forecast and the reorder point as lines."""
    top = max([*weeks, mean, reorder_point, 1])
    width, height = _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN
    each = width / max(len(weeks), 1)
    bars = (
        f'<rect x="{_MARGIN + index * each:.1f}" y="{_y(units, top):.1f}" width="{max(each - 2, 1):.1f}" '
        f'height="{units / top * height:.1f}" fill="#4a7ebb"><title>{units}</title></rect>'
        for index, units in enumerate(weeks)
    )
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" ',
            f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>',
            f'<text x="{_MARGIN}" y="20">{escape(title)}</text>',
            *bars,
            _line(mean, top, "#c0392b", f"forecast {mean:.2f} a week"),
            _line(reorder_point, top, "#7f8c8d", f"reorder point {reorder_point}"),
            f'<text x="4" y="{_y(top, top) + 4:.1f}">{top:g}</text><text x="4" y="{_y(0, top) + 4:.1f}">0</text>',
            "</svg>",
        )
    )


def _y(units: float, top: float) -> float:
    return _HEIGHT - _MARGIN - units / top * (_HEIGHT - 2 * _MARGIN)


def _line(units: float, top: float, colour: str, label: str) -> str:
    y = _y(units, top)
    right = _WIDTH - _MARGIN
    return (
        f'<line x1="{_MARGIN}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" stroke-dasharray="4 3"/>'
        f'<text x="{right}" y="{y - 4:.1f}" text-anchor="end" fill="{colour}">{escape(label)}</text>'
    )
