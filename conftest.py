"""How the pages are tested: nbval runs every cell in a fresh kernel and compares its output to the stored.

Compared is text: what cells print, and the text form of what they show. Not compared are the forms below,
which differ between versions of a library, fonts or runs while saying the same; what a figure shows is tested
on the function that draws it.
"""

import os

import pytest

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


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path):
    """Add NOT_COMPARED to what nbval leaves out of the comparison (other collectors have no such list)."""
    collectors = yield
    for collector in collectors:
        if hasattr(collector, "skip_compare"):
            collector.skip_compare = (*collector.skip_compare, *NOT_COMPARED)
    return collectors
