"""What all pictures of the course have in common: how a cell shows one, and how a file keeps one."""

from html import escape
from pathlib import Path

KINDS = (".svg", ".png", ".pdf")


class Shown:
    """A picture that a cell shows, with its words folded below it; `save` writes it to a file.

    A subclass has `_repr_mimebundle_` (the picture), `words()` (the same in HTML), and `_write(path, kind)`.
    """

    def _ipython_display_(self):
        from IPython.display import display

        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)
        if any(kind.startswith("image/") for kind in data):
            display({"text/html": folded(self.words())}, raw=True)

    def save(self, path):
        """Write the picture to a file: SVG, PNG or PDF, as the end of its name says.

        Raises ValueError for another ending, FileNotFoundError where there is no such folder.
        """
        kind = Path(path).suffix.lower()
        if kind not in KINDS:
            raise ValueError(f"the name of the file ends in .svg, .png or .pdf, got {str(path)!r}")
        folder = Path(path).parent
        if not folder.is_dir():
            raise FileNotFoundError(f"there is no folder {str(folder)!r} to save {Path(path).name!r} in")
        self._write(path, kind)


def folded(words):
    """The words in HTML, folded, for those who don't see the picture above them.

    JupyterLab gives an image no alternative text, whatever its metadata say; text below it is read out.
    """
    return f'<details class="picture-in-words"><summary>Picture in words</summary>{words}</details>'


def in_words(alt, outline=""):
    """The sentences of a picture in HTML, and its outline where that says more."""
    if outline and outline.split() == alt.split():
        return f"<pre>{escape(outline)}</pre>"
    return f"<p>{escape(alt)}</p>" + (f"<pre>{escape(outline)}</pre>" if outline else "")
