"""Start JupyterLab with the course's own pages trusted: `python3 course.py lab`.

JupyterLab shows stored SVG pictures and widgets of a page only when the page is signed as trusted. The
signatures of the course's pages are kept in this environment, not in the user's own collection.
"""

import sys
from pathlib import Path

import nbformat
from jupyterlab.labapp import main
from nbformat.sign import NotebookNotary

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
SIGNATURES = Path(sys.prefix) / "share" / "jupyter" / "course-signatures"


def sign(pages, folder):
    """Sign the pages that can be read; a damaged one is for JupyterLab to complain about."""
    folder.mkdir(parents=True, exist_ok=True)
    notary = NotebookNotary(data_dir=str(folder))
    for page in pages:
        try:
            notebook = nbformat.read(page, as_version=4)
        except (OSError, ValueError, nbformat.reader.NotJSONError):
            print(
                f"lab: {page.name} cannot be read; `git checkout notebooks` brings it back", file=sys.stderr
            )
            continue
        notary.sign(notebook)
    notary.store.close()


if __name__ == "__main__":
    sign(sorted(NOTEBOOKS.glob("*.ipynb")), SIGNATURES)
    sys.exit(main([f"--NotebookNotary.data_dir={SIGNATURES}", *sys.argv[1:]]))
