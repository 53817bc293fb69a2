"""A table that shows itself, as text and as HTML: words stand on the left, numbers on the right."""

from dataclasses import dataclass
from html import escape

__all__ = ["Table"]

LEFT, RIGHT = "padding:1px 14px 1px 0;text-align:left", "padding:1px 0 1px 14px;text-align:right"
UNBROKEN = ";white-space:nowrap"  # a number; a heading may take two lines


@dataclass(frozen=True)
class Table:
    """headings, rows : texts, as many in each row as there are headings. note : the line below the table.

    words : so many columns on the left hold words; the others hold numbers.
    code : positions of the columns that hold code. gap : what stands between two columns of the text form.
    largest_difference : for a table whose numbers ought to agree, how far they are apart; else None.
    """

    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str
    words: int = 1
    code: tuple[int, ...] = ()
    gap: str = "  "
    largest_difference: float | None = None

    @property
    def text(self):
        """The text form: nothing wider than its widest cell."""
        lines = [self.headings, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        shown = [
            self.gap.join(
                cell.ljust(width) if i < self.words else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([*shown, self.note])

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        heads = "".join(
            f'<th scope="col" style="{self._style(i)}">{escape(heading.strip())}</th>'
            if heading.strip()
            else "<td></td>"  # a header says something, or is none
            for i, heading in enumerate(self.headings)
        )
        rows = "".join(f"<tr>{''.join(map(self._cell, range(len(row)), row))}</tr>" for row in self.rows)
        return (
            f'<table style="border-collapse:collapse;line-height:1.25"><tr>{heads}</tr>{rows}</table>'
            f"<p>{escape(self.note)}</p>"
        )

    def _cell(self, i, text):
        shown = escape(text.strip())
        shown = f"<code>{shown}</code>" if i in self.code else shown
        kind, scope = ("td", "") if i else ("th", ' scope="row"')
        unbroken = "" if i < self.words else UNBROKEN
        return f'<{kind}{scope} style="{self._style(i)}{unbroken}">{shown}</{kind}>'

    def _style(self, i):
        return LEFT if i < self.words else RIGHT
