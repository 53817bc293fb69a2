"""How the pages are tested: nbval runs every cell in a fresh kernel and compares its output to the stored.

Compared is text: what cells print, and the text form of what they show. Not compared are the forms below,
which differ between versions of a library, fonts or runs while saying the same; what a figure shows is tested
on the function that draws it.

Every cell runs twice in a row and has to show the same both times: a learner presses Shift+Enter again. The
cells tagged `solution` run after all others, so that no cell of a page needs one: a class gets no solutions.
"""

import os
from collections import Counter

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

os.environ.setdefault("COURSE_PROGRESS", "off")  # nobody's own progress shows in a page, none is written
os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")  # this environment's kernel, not one in the user's home
# Two kernels with PyTorch's threads for two processors each wait for one another: seconds become minutes.
os.environ.setdefault("OMP_NUM_THREADS", "1")

NOT_COMPARED = (
    "image/svg+xml",
    "text/html",
    "application/javascript",
    "application/vnd.jupyter.widget-view+json",
    "stderr",
)

# Known faults of first-edition pages: these cells show something else, or fail, when they run again.
NOT_TWICE = {
    "04_micrograd": {
        "naive-order-run": "adds to gradients that are there",
        "training-loop": "goes on training the trained network",
        "moons-train": "goes on training the trained network",
    },
    "05_pytorch": {
        "tensor-backward": "walks a graph that backward() has freed",
        "loss-engine": "adds to gradients that are there",
        "source-loop": "starts from other random weights",
    },
    "06_dropout_batchnorm": {
        "dropout-average": "draws other random masks",
        "dropout-measured": "draws other random masks",
        "dropout-average-network": "draws other random weights",
        "dropout-backward-code": "draws another random batch",
    },
}
# What a second run of a cell spoils for the cells after it: names that get back what the first run left.
PUT_BACK = {
    "04_micrograd": {
        "naive-order-run": "a, b, c, d, e",
        "training-loop": "model",
        "moons-train": "model, weights, moon_losses, loss",
    },
    "05_pytorch": {
        "tensor-backward": "w",
        "ledger-forward": "X, W1, b1, W2, b2",
        "loss-engine": "logits",
        "source-loop": "model, optimizer",
        "digits-loop": "model, optimizer, history",
    },
    "06_dropout_batchnorm": {
        "dropout-average": "rng",
        "dropout-measured": "rng",
        "dropout-average-network": "rng",
        "dropout-backward-code": "rng, batch, d_out, out, mask, gradient",
        "bn-backward-code": "rng",
        "bn-torch-steps": "rng, yours, theirs",
        "bn-torch-eval": "rng",
        "bn-package": "rng",
    },
}


class Page(IPyNbFile):
    """A page, with NOT_COMPARED left out of the comparison too."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.skip_compare = (*self.skip_compare, *NOT_COMPARED)

    def collect(self):
        cells = [
            PageCell.from_parent(self, name=c.name, cell_num=c.cell_num, cell=c.cell, options=c.options)
            for c in super().collect()
        ]
        return sorted(cells, key=lambda c: "solution" in c.cell.metadata.get("tags", []))


class PageCell(IPyNbCell):
    """A code cell of a page: run twice in a row, each time compared with the stored output."""

    def runtest(self):
        super().runtest()
        names = PUT_BACK.get(self.path.stem, {}).get(self.cell.id)
        if names:
            self.run_aside(f"import copy as _copy\n_kept = _copy.deepcopy(({names},))")
        again = self.second_run()
        if names:
            self.run_aside(f"{names}, = _kept")
        if self.cell.id not in NOT_TWICE.get(self.path.stem, {}):
            if again:
                raise again from None
        elif not again:
            self.raise_cell_error("Can be run twice now: take it off NOT_TWICE and PUT_BACK in conftest.py")

    def second_run(self):
        """Run the cell once more. -> the error if it fails or shows something else, or None"""
        try:
            super().runtest()
        except NbCellError as error:
            said = f"Run a second time in a row: {error}"
            return NbCellError(error.cell_num, said, error.source, error.inner_traceback)

    def run_aside(self, source):
        """Run code that is no part of the page."""
        kernel = self.parent.kernel
        sent = kernel.execute_cell_input(source, allow_stdin=False)
        failed = None
        while True:
            message = kernel.get_message("iopub", timeout=self.config.option.nbval_cell_timeout)
            if message["parent_header"].get("msg_id") != sent:
                continue
            if message["msg_type"] == "error":
                failed = message["content"]
            if message["content"].get("execution_state") == "idle":
                break
        if failed:
            raise RuntimeError(f"{self.cell.id}: {source!r} failed: {failed['ename']}: {failed['evalue']}")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """A Page in place of nbval's own collector."""
    collectors = yield
    return [Page.from_parent(parent, path=file_path) if isinstance(c, IPyNbFile) else c for c in collectors]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Where processes share the work: pages first, then the files with most tests. What takes long starts
    early, so that all end together (pyproject.toml hands out whole files, in this order)."""
    if hasattr(config, "workerinput"):
        in_file = Counter(item.path for item in items)
        items.sort(key=lambda item: (item.path.suffix != ".ipynb", -in_file[item.path]))
