"""One JupyterLab, started as `course.py lab` does on a copy of the course, and one Chromium for all tests.

    python3 course.py test tests/browser --numprocesses=0

Without Chromium the tests are skipped; with `--require-chromium` (what CI says) they fail instead. Pictures
of every page go to screenshots/.
"""

import importlib.util
import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jupyterlab_page import SCREEN, JupyterLabPage, pages_of
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent.parent.parent
SCREENSHOTS = HERE / "screenshots"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STARTUP_SECONDS = 60
LEFT_BEHIND = ("__pycache__", ".ipynb_checkpoints", ".course-progress.json")


def pytest_addoption(parser):
    parser.addoption(
        "--require-chromium", action="store_true", help="browser checks fail, not skip, without Chromium"
    )


def pytest_configure(config):
    if config.getoption("--require-chromium") and find_chromium() is None:
        raise pytest.UsageError(
            f"--require-chromium, and there is none ({', '.join(CHROMIUM_NAMES)}) on PATH"
        )


def find_chromium():
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def load_course(folder):
    """The course.py of this folder."""
    spec = importlib.util.spec_from_file_location("course_of_the_copy", folder / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def chromium():
    path = find_chromium()
    if path is None:
        pytest.skip(
            f"no browser: none of {', '.join(CHROMIUM_NAMES)} is on PATH (Debian: apt install chromium)"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def copy_course(folder):
    """Put what a learner has into this folder: the tests change neither the pages nor the learner's progress.
    Each server has a copy, for JupyterLab saves pages with live widgets, which no other kernel knows.
    """
    for name in ("notebooks", "micrograd_lite", "data", "tools"):
        shutil.copytree(HERE / name, folder / name, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
    for name in ("course.py", "pyproject.toml", "constraints.txt", "README.md"):
        shutil.copy(HERE / name, folder / name)
    return load_course(folder)


@pytest.fixture(scope="session")
def start_server(chromium, tmp_path_factory):
    """start_server("lab", …) as course.py is called -> what the server says of itself; stopped at the end."""
    servers = []

    def start(command, *arguments):
        course = copy_course(tmp_path_factory.mktemp("course"))
        home = tmp_path_factory.mktemp("jupyter")
        env = dict(
            course.clean_env(),
            PYTHONPATH=str(course.HERE),  # the copy's package, so that progress is kept in the copy
            JUPYTER_CONFIG_DIR=str(home / "config"),
            JUPYTER_DATA_DIR=str(home / "data"),
            JUPYTER_RUNTIME_DIR=str(home / "runtime"),
            IPYTHONDIR=str(home / "ipython"),
        )
        # JupyterLab's settings as the checkout has them, whatever was installed.
        overrides = home / "config" / "labconfig" / "default_setting_overrides.json"
        overrides.parent.mkdir(parents=True)
        shutil.copy(course.LAB_SETTINGS, overrides)
        options = ["--no-browser", f"--port={free_port()}", "--LabApp.expose_app_in_browser=True"]
        line = [sys.executable, *course.COMMANDS[command]([*arguments, *options])]
        log = (home / "server.log").open("w")
        process = subprocess.Popen(line, cwd=course.HERE, env=env, stdout=log, stderr=subprocess.STDOUT)
        servers.append((process, log))
        return wait_for_server(process, home)

    yield start
    for process, log in servers:
        process.terminate()
        process.wait(30)
        log.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_server(process, home):
    """What the server writes about itself once it listens."""
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for note in (home / "runtime").glob("jpserver-*.json"):
            try:
                return json.loads(note.read_text())
            except json.JSONDecodeError:  # half written
                pass
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{(home / 'server.log').read_text()}")


@pytest.fixture(scope="session")
def lab_server(start_server):
    return start_server("lab")


@pytest.fixture(scope="session")
def windows():
    """Every window that was opened."""
    for old in SCREENSHOTS.glob("*.png"):
        old.unlink()
    return []


@pytest.fixture(scope="session")
def open_window(chromium, windows):
    """open_window(server, path) -> a JupyterLabPage on this file, or on what JupyterLab opens by itself."""

    def open_window(server, path=None):
        context = chromium.new_context(viewport=SCREEN)
        window = JupyterLabPage(context, server, SCREENSHOTS)
        windows.append(window)
        window.open(path)
        return window

    yield open_window
    for window in windows:
        window.close()


@pytest.fixture(scope="session")
def run_page(open_window, lab_server):
    """run_page(name) -> the page of the course, opened and run once for all tests."""
    return pages_of(lab_server, open_window)


@pytest.fixture(autouse=True)
def quiet(windows, request):
    """After every test: nothing on the consoles, no request to elsewhere; a picture of what failed."""
    yield
    if request.node.stash.get(FAILED, False):
        for number, window in enumerate(window for window in windows if not window.page.is_closed()):
            window.screenshot(f"failed-{request.node.name}-{number}")
    complaints = [text for window in windows for text in window.complaints]
    elsewhere = [address for window in windows for address in window.left_the_machine]
    for window in windows:
        window.complaints, window.left_the_machine = [], []
    assert complaints == [], "the browser's console has errors"
    assert elsewhere == [], "requests left 127.0.0.1"


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report
