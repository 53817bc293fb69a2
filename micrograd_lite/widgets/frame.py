"""What widgets share: a figure of which a move of a slider changes only some artists."""

import base64
from html import escape

from micrograd_lite import figures

__all__ = ["MovingFigure", "as_html"]

PIXELS_PER_INCH = 100


class MovingFigure:
    """A figure whose axes are drawn once; `moving` holds the artists that change, all above the others.

    width, height : inches. Draw the axes, and fill `moving` in an `update` of your own, both inside
    `figures.style()`.
    """

    def __init__(self, width, height):
        self.figure = figures.new_figure(width, height, layout=None)
        self.moving, self._background = [], None

    def clear(self):
        """Take away what moved."""
        for artist in self.moving:
            artist.remove()
        self.moving = []

    def quick_png(self, dpi=PIXELS_PER_INCH):
        """The figure as PNG bytes: the pixels of a full drawing, for the price of the moving artists."""
        canvas = self.figure.canvas
        if self._background is None:
            self._show_moving(False)
            with figures.style():
                self.figure.set_dpi(dpi)
                canvas.draw()
            self._background = canvas.copy_from_bbox(self.figure.bbox)
            self._show_moving(True)
        canvas.restore_region(self._background)
        for artist in sorted(self.moving, key=lambda a: a.get_zorder()):
            artist.draw(canvas.get_renderer())
        return figures.canvas_png(canvas)

    def _show_moving(self, shown):
        for artist in self.moving:
            artist.set_visible(shown)


def as_html(figure, png, alt):
    """An <img> of the figure at its size on the page, with its text alternative."""
    width, height = (round(inches * PIXELS_PER_INCH) for inches in figure.get_size_inches())
    source = f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
    size = f'width="{width}" height="{height}" style="max-width:100%;height:auto" decoding="sync"'
    return f'<img src="{source}" alt="{escape(alt)}" {size}>'
