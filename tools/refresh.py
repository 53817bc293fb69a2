"""Run pages again, each in a clean kernel of its own, and store their outputs.

    python3 course.py refresh [page ...]

A page is a path, or the start of a name in notebooks/ (`04`); without one, every page is run. What differs
from run to run is not stored: widgets, timings, the ids of displays, the Python version. Chinese terms in the
text are marked as such. A page that fails is left as it was; the cell and its error are shown, and the exit
code is 1.
"""

import os
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
CELL_TIMEOUT = 600  # seconds, as in pyproject.toml's --nbval-cell-timeout
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
WIDGET = "application/vnd.jupyter.widget-view+json"
QUIZ_ID = re.compile(r'<div id="([A-Za-z]{12})" data-shufflequestions')
HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
PUNCTUATION = r"[\u3001-\u3011\uff01-\uff1f]"
NO_TEXT = (
    r"^(?P<fence>```+|~~~+).*?^(?P=fence)",  # code
    r"^(?: {4}|\t).*?$",
    r"(?P<ticks>`+).*?(?P=ticks)",
    r"\$\$.*?\$\$",  # formulas
    r"(?<!\\)\$[^$\n]+\$",
    r"^\#{1,6} .*?$",  # headings
    r"\]\([^)\n]*\)",  # where a link leads
    r"^\[[^\]\n]+\]:.*?$",
    r"<(?P<tag>span|code|pre|h[1-6])\b[^>]*>.*?</(?P=tag)>",  # marked already; HTML
    r"<!--.*?-->",
    r"<[^<>]*>",
)
PARTS = re.compile(
    f"(?P<chinese>{HAN}(?:(?:{HAN}|{PUNCTUATION})*{HAN})?)|{'|'.join(NO_TEXT)}", re.MULTILINE | re.DOTALL
)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


class PageError(Exception):
    """A page that cannot be run; its message names the page, the cell and the error."""


def pages(names):
    """The notebooks meant by `names`, in order; all of them where there is no name."""
    if not names:
        return sorted(NOTEBOOKS.glob("*.ipynb"))
    found = []
    for name in names:
        matches = [Path(name)] if Path(name).is_file() else sorted(NOTEBOOKS.glob(f"{name}*.ipynb"))
        if not matches:
            have = ", ".join(path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))) or "none"
            raise PageError(f"no page {name!r}: give a path, or the start of one of these names: {have}")
        found += matches
    return found


def run(path):
    """Execute the page in its own folder. -> the notebook, settled"""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.resolve().parent)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # no notes about the kernel's sockets
    )
    now = None

    def remember(cell, **_):
        nonlocal now
        now = cell["id"]

    client.on_cell_start = remember
    try:
        client.execute()
    except CellExecutionError as error:
        raise PageError(f"{path.name}, cell {now}: {ANSI.sub('', str(error)).rstrip()}") from error
    except CellTimeoutError as error:
        raise PageError(f"{path.name}, cell {now}: took longer than {CELL_TIMEOUT} seconds") from error
    except DeadKernelError as error:
        raise PageError(f"{path.name}, cell {now}: the kernel died") from error
    return settle(notebook)


def settle(notebook):
    """In place, take out what says nothing about the page, and mark what is Chinese. -> the notebook"""
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    for cell in notebook.cells:
        for name in ("execution", "ExecuteTime", "collapsed", "scrolled"):
            cell.metadata.pop(name, None)
        if cell.cell_type == "code":
            cell.outputs = [settle_output(output) for output in cell.outputs if not is_live(output)]
            name_quizzes(cell)
        elif cell.cell_type == "markdown":
            cell.source = mark_chinese(cell.source)
    return notebook


def mark_chinese(text):
    """The Markdown with each Chinese term in a `<span lang="zh">`, so that a screen reader speaks it as such.

    Authors type 导数. Headings, whose links would change, and what is no text are left, and what is marked.
    """
    return PARTS.sub(lambda part: f'<span lang="zh">{part[0]}</span>' if part["chinese"] else part[0], text)


def is_live(output):
    """True for a widget: without a kernel it is an empty box, so the page has a picture beside it."""
    return WIDGET in output.get("data", {})


def name_quizzes(cell):
    """jupyterquiz draws each quiz's id by lot and writes it into HTML and JavaScript: name it by its cell."""
    shown = [output.data for output in cell.outputs if "data" in output]
    ids = [name for data in shown for name in QUIZ_ID.findall(data.get("text/html", ""))]
    for number, old in enumerate(ids, 1):
        new = f"quiz_{cell.id.replace('-', '_')}_{number}"
        for data in shown:
            for kind in ("text/html", "application/javascript"):
                if kind in data:
                    data[kind] = data[kind].replace(old, new)


def settle_output(output):
    if output.output_type == "error":
        output.traceback = [f"{output.ename}: {output.evalue}"]  # the rest names files of this machine
    return output


def write(path, notebook):
    """Store the notebook; a page half written is never seen. -> True if the file changed"""
    nbformat.validate(notebook)
    new = (nbformat.writes(notebook).rstrip("\n") + "\n").encode()
    if new == path.read_bytes():
        return False
    draft = path.with_name(path.name + ".new")
    draft.write_bytes(new)
    os.replace(draft, path)
    return True


os.environ.setdefault("COURSE_PROGRESS", "off")  # a page shows nobody's own progress
os.environ.setdefault("OMP_NUM_THREADS", "1")  # as in the tests: see conftest.py


def main(names):
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # this environment's kernel, not one in the user's home
    failed = 0
    try:
        chosen = pages(names)
    except PageError as error:
        print(f"refresh: {error}", file=sys.stderr)
        return 1
    for path in chosen:
        started = time.monotonic()
        print(f"refresh: {path.name} ... ", end="", flush=True)
        try:
            changed = write(path, run(path))
        except PageError as error:
            failed = 1
            print("FAILED, left as it was", flush=True)
            print(error, file=sys.stderr, flush=True)
        else:
            print(f"{'stored' if changed else 'unchanged'} ({time.monotonic() - started:.0f} s)")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
