#!/usr/bin/env python3
"""Sets the course up, then runs it.

    python3 course.py                  JupyterLab on the start page (the same as `lab`)
    python3 course.py lab              further arguments go to `jupyter lab`:  lab --no-browser --port 9999
    python3 course.py test             every test and every page; arguments go to pytest:  test -k engine
    python3 course.py slides 04        a chapter as slides, with live widgets; further arguments as for `lab`
    python3 course.py handout DIR      copies for a class: no solutions; with them:  handout DIR --solutions
    python3 course.py refresh          run pages again and store their outputs:  refresh 04
    python3 course.py ruff             the style check, of code and pages:  ruff check .

Standard library only. The first start makes a virtual environment, `.venv`, beside this file and installs
the course into it; later starts find it there and need no network. Inside a conda or virtual environment
that already holds the course, that one is used. Python 3.11 to 3.14; on an older one this file still loads,
to say so (hence the old-fashioned string formatting).
"""

import sys

OLDEST, NEWEST = (3, 11), (3, 14)


class Trouble(Exception):
    """What keeps the course from running, and the remedy, in a sentence for the person at the keyboard."""


def check_python(version):
    """Refuse a Python for which the course's packages have no builds."""
    if OLDEST <= tuple(version[:2]) <= NEWEST:
        return
    raise Trouble(
        "this is Python %d.%d, and the course needs Python %d.%d to %d.%d: install one from "
        "https://www.python.org/downloads/ and start course.py with it (for example `python3.13 course.py`)."
        % (tuple(version[:2]) + OLDEST + NEWEST)
    )


if __name__ == "__main__":
    try:
        check_python(sys.version_info)
    except Trouble as trouble:
        sys.exit("course.py: %s" % trouble)

import errno
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
STAMP = VENV / "course-is-installed"  # written last: without it an install was cut off
LOG = VENV / "install.log"
PYPROJECT, CONSTRAINTS = HERE / "pyproject.toml", HERE / "constraints.txt"
LAB_SETTINGS = HERE / "tools" / "jupyterlab.json"  # the install copies it into .venv
START_PAGE = "notebooks/00_start_here.ipynb"

IN_SLIDES = ".jp-Deck .jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus"
TO_FIRST_SLIDE = ["notebook:extend-marked-cells-top", "notebook:deselect-all"]
SLIDE_SETTINGS = {  # JupyterLab's, while it shows slides: they start at once, and two keys more
    # With prompts, for without them a strip for collapsing an output lies over its left edge and its buttons.
    "jupyterlab-slideshow/plugin": {"active": True, "showCodeCellPrompt": True},
    "@jupyterlab/shortcuts-extension/shortcuts": {
        "shortcuts": [
            {
                "command": "apputils:run-all-enabled",
                "args": {"commands": commands},
                "keys": keys,
                "selector": IN_SLIDES,
            }
            for keys, commands in (
                (["Shift R"], ["notebook:run-all-cells", *TO_FIRST_SLIDE]),
                (["Home"], TO_FIRST_SLIDE),
            )
        ]
    },
}

PYTORCH_CPU = "https://download.pytorch.org/whl/cpu"
PYTORCH_CUDA = "https://download.pytorch.org/whl/cu130"  # PyPI's torch 2.13 is built for CUDA 13.0 too

NO_SPACE = ("No space left on device", "not enough space on the disk", "Disk quota exceeded")
NO_NETWORK = (
    "NewConnectionError", "NameResolutionError", "ConnectTimeout", "ReadTimeout", "Read timed out",
    "ProxyError", "Connection refused", "Connection aborted", "Network is unreachable",
    "Temporary failure in name resolution", "getaddrinfo failed", "SSLError", "ConnectionResetError",
)  # fmt: skip


def say(text):
    print("course.py: %s" % text, flush=True)


# -- Which environment -----------------------------------------------------------------------------


def active_environment_holds_course():
    """True if the Python that runs this file sits in an environment with everything pyproject.toml asks for,
    and with micrograd_lite installed from this checkout."""
    in_venv = sys.prefix != sys.base_prefix
    in_conda = (Path(sys.prefix) / "conda-meta").is_dir()
    if not (in_venv or in_conda) or Path(sys.prefix).resolve() == VENV:
        return False
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return False
    try:
        course = importlib.metadata.distribution("micrograd-lite")
        origin = json.loads(course.read_text("direct_url.json") or "{}").get("url", "")
        for text in required_packages():
            requirement = Requirement(text)
            version = importlib.metadata.version(requirement.name)
            if not requirement.specifier.contains(version, prereleases=True):
                return False
    except importlib.metadata.PackageNotFoundError:
        return False
    return origin.rstrip("/") == HERE.as_uri()


def required_packages():
    """The requirements in pyproject.toml, those of the tests included, as text."""
    import tomllib

    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    return project["dependencies"] + project["optional-dependencies"]["test"]


def venv_python():
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def describe_venv():
    """Version and place of .venv's Python as it sees itself; None where it does not run or has no pip
    (a folder that was moved, a Python that was removed, a creation that was cut off)."""
    command = [str(venv_python()), "-c", "import pip, sys; print(sys.version_info[:2], sys.prefix)"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, env=clean_env())
    except OSError:
        return None
    described = result.stdout.strip()
    return described if result.returncode == 0 and described.endswith(str(VENV)) else None


def has_torn_package():
    """True where pip was stopped in the middle of a package: it writes INSTALLER after a package's files."""
    packages = [
        *VENV.glob("lib/python*/site-packages/*.dist-info"),
        *VENV.glob("Lib/site-packages/*.dist-info"),
    ]
    return any(not (package / "INSTALLER").exists() for package in packages)


def fingerprint(described):
    """What the stamp of a complete install says: changes with all that is installed from, and the Python."""
    parts = [path.read_bytes() for path in (PYPROJECT, CONSTRAINTS, LAB_SETTINGS)] + [described.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def installed():
    described = describe_venv()
    return described is not None and STAMP.is_file() and STAMP.read_text() == fingerprint(described)


def clean_env():
    """The environment for every process started here: this machine's, less what mixes in other packages."""
    drop = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__"}
    env = {name: value for name, value in os.environ.items() if name not in drop}
    env.update(PYTHONNOUSERSITE="1", JUPYTER_PREFER_ENV_PATH="1", PIP_USER="0")
    return env


# -- Installing ------------------------------------------------------------------------------------


def has_nvidia_gpu():
    return bool(shutil.which("nvidia-smi")) or Path("/proc/driver/nvidia/version").exists()


def pytorch_index(system, gpu):
    """PyTorch's own download page where PyPI has the wrong build for this machine, else None.
    PyPI's torch carries CUDA on Linux and is CPU-only on Windows and macOS."""
    if system == "Linux" and not gpu:
        return PYTORCH_CPU
    if system == "Windows" and gpu:
        return PYTORCH_CUDA
    return None


def check_machine(gpu):
    """Everything that would make an install fail later, said first."""
    if platform.system() == "Darwin" and platform.machine() == "x86_64":
        raise Trouble("PyTorch has no pip packages for Intel Macs: use conda (README.md, `With conda`).")
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Trouble(
            "this Python has no `venv` module with pip: on Debian or Ubuntu run "
            "`sudo apt install python3-venv`, elsewhere install Python from https://www.python.org/downloads/."
        )
    need = 12 if gpu and platform.system() != "Darwin" else 3
    free = shutil.disk_usage(HERE).free / 1e9
    if free < need:
        raise no_space("the course needs %d GB in %s and there are %.1f GB free" % (need, HERE, free))


def no_space(what="the disk is full"):
    remedy = "free some space (or move the course to a larger disk) and run the same command again."
    return Trouble("%s: %s" % (what, remedy))


def install():
    """Make or mend .venv. The stamp comes last, so that an install that was cut off is seen and finished."""
    gpu = has_nvidia_gpu()
    check_machine(gpu)
    large = gpu and platform.system() != "Darwin"
    if STAMP.exists():
        say("the course's requirements, its settings or its Python changed: updating %s." % VENV)
        STAMP.unlink()
    elif VENV.exists():
        say("the last install in %s did not finish: mending it." % VENV)
    else:
        say("first start: installing the course into %s." % VENV)
        size = "several GB (PyTorch with CUDA, for your GPU)" if large else "about 0.4 GB"
        say(
            "This takes 2 to 10 minutes, downloads %s and fills %s GB."
            % (size, "up to 10" if large else "1.6")
        )
    started = time.monotonic()
    if describe_venv() is None or has_torn_package():
        make_venv()
    install_torch(pytorch_index(platform.system(), gpu))
    say("step 3 of 3: JupyterLab, NumPy, Matplotlib, Graphviz and the rest (1 to 4 minutes).")
    run_pip("install", "--constraint", str(CONSTRAINTS), "--editable", "%s[test]" % HERE)
    STAMP.write_text(fingerprint(describe_venv()))
    took = time.monotonic() - started
    say("installed in %.0f s; the next start takes a second or two and needs no network." % took)


def make_venv():
    say("step 1 of 3: a virtual environment (10 seconds).")
    if VENV.exists():
        names = {path.name for path in VENV.iterdir()}
        if names and not names & {"pyvenv.cfg", "bin", "Scripts"}:
            raise Trouble("%s is not a virtual environment: move it away and try again." % VENV)
        shutil.rmtree(VENV)
    command = [sys.executable, "-m", "venv", str(VENV)]
    result = subprocess.run(command, capture_output=True, text=True, env=clean_env())
    output = result.stdout + result.stderr
    if any(sign in output for sign in NO_SPACE):
        raise no_space()
    if result.returncode:
        raise Trouble("`%s` failed: %s" % (" ".join(command), output.strip()))


def install_torch(index):
    """PyTorch first and alone, so that only this package can come from PyTorch's own download page."""
    say("step 2 of 3: PyTorch (1 to 5 minutes).")
    torch = ("install", "--no-deps", "--constraint", str(CONSTRAINTS), "torch")
    if pip(*torch, "--no-index")[0] == 0:  # there already, or in a folder of wheels that pip was told of
        return
    if index and pip(*torch, "--index-url", index, "--retries", "1", "--timeout", "15")[0] == 0:
        return
    if index:
        say("%s does not answer: taking PyPI's build, which on Linux is larger (it carries CUDA)." % index)
    run_pip(*torch)


def pip(*arguments):
    """Run .venv's pip, its output going to the log and its present line to a terminal. -> code, output"""
    command = [str(venv_python()), "-m", "pip", *arguments, "--disable-pip-version-check", "--no-input"]
    lines = []
    env = dict(clean_env(), PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8")
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, encoding="utf-8", errors="replace"
    )
    try:
        for line in process.stdout:
            lines.append(line)
            show_progress(line.strip())
        code = process.wait()
    finally:
        process.kill()
        show_progress("")
        with LOG.open("a", encoding="utf-8") as log:
            log.write("$ pip %s\n%s\n" % (" ".join(arguments), "".join(lines)))
    return code, "".join(lines)


def show_progress(line):
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print("\r%s\r%s" % (" " * width, ("  " + line)[:width] if line else ""), end="", flush=True)


def run_pip(*arguments):
    """pip, with a failure told in one sentence."""
    code, output = pip(*arguments)
    if code == 0:
        return
    if any(sign in output for sign in NO_SPACE):
        raise no_space()
    if any(sign in output for sign in NO_NETWORK):
        raise Trouble(
            "the packages cannot be downloaded: check the network (and the proxy, if you need one) and run "
            "the same command again; it goes on where it stopped. Details: %s" % LOG
        )
    lines = output.splitlines()
    errors = [line for line in lines if "ERROR" in line or "error:" in line] or lines
    raise Trouble("pip could not install the packages (details: %s): %s" % (LOG, " ".join(errors[-2:])))


def ready_python():
    """The Python that holds the course, installed first if need be."""
    if active_environment_holds_course():
        return sys.executable
    if not installed():
        install()
    return str(venv_python())


# -- Commands --------------------------------------------------------------------------------------


def lab(arguments, page=START_PAGE):
    """JupyterLab on 127.0.0.1, with a token, and nothing that asks the outside world for anything."""
    say("starting JupyterLab (a few seconds). Stop it with Ctrl-C in this window.")
    as_root = ["--allow-root"] if os.name == "posix" and os.geteuid() == 0 else []  # in a container, say
    return [
        str(HERE / "tools" / "lab.py"),
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.root_dir=%s" % HERE,
        "--LabApp.default_url=/lab/tree/%s" % page,
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        *as_root,
        *arguments,
    ]  # fmt: skip


def slides(arguments):
    """JupyterLab on one page, shown as slides. Its settings are made anew for each start: the slides leave no
    trace in the settings of `lab`."""
    page = chapter(arguments)
    settings = Path(tempfile.mkdtemp(prefix="course-slides-"))
    for plugin, values in SLIDE_SETTINGS.items():
        file = settings / (plugin + ".jupyterlab-settings")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    say("%s as slides. First press Shift + R: the whole page runs, so that its widgets live." % page.stem)
    say("Arrow keys and the space bar turn the slides, Home shows the first one, Escape ends the show.")
    own = ["--LabApp.user_settings_dir=%s" % settings, "--LabApp.workspaces_dir=%s" % (settings / "spaces")]
    return lab([*own, *arguments[1:]], page.relative_to(HERE).as_posix())


def chapter(arguments):
    """The page meant by the first argument, the start of its name."""
    pages = sorted((HERE / "notebooks").glob("*.ipynb"))
    name = arguments[0] if arguments else ""
    found = [page for page in pages if name and not name.startswith("-") and page.name.startswith(name)]
    if len(found) != 1:
        have = ", ".join(page.stem for page in pages)
        what = "%d chapters start with %r." % (len(found), name) if name else "which chapter?"
        raise Trouble("%s Give the start of one name, `python3 course.py slides 04`: %s." % (what, have))
    return found[0]


def handout(arguments):
    here = Path.cwd()
    return [
        str(HERE / "tools" / "handout.py"),
        *(text if text.startswith("-") else str(here / text) for text in arguments),
    ]


def test(arguments):
    say("running the tests and every page (a few minutes for all of them).")
    return ["-m", "pytest", *paths_from(Path.cwd(), arguments)]


def refresh(arguments):
    return [str(HERE / "tools" / "refresh.py"), *paths_from(Path.cwd(), arguments)]


def ruff(arguments):
    return ["-m", "ruff", *(paths_from(Path.cwd(), arguments) or ["check", "."])]


COMMANDS = {
    "lab": lab,
    "slides": slides,
    "handout": handout,
    "test": test,
    "refresh": refresh,
    "ruff": ruff,
}


def paths_from(folder, arguments):
    """The arguments for a tool that runs in the repository: files named as seen from `folder` made whole."""
    if folder.resolve() == HERE:
        return arguments
    return [
        str(folder / text) if not text.startswith("-") and (folder / text.split("::")[0]).is_file() else text
        for text in arguments
    ]


def hand_over(command):
    """Become the command, in the repository; on Windows, where a process cannot, wait for it. -> exit code"""
    sys.stdout.flush()
    os.chdir(HERE)
    if os.name == "posix":
        os.execve(command[0], command, clean_env())
    process = subprocess.Popen(command, env=clean_env())
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # Ctrl-C reached the command too, which says what it does about it
            continue


def main(arguments):
    name = arguments[0] if arguments and not arguments[0].startswith("-") else None
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    try:
        check_python(sys.version_info)
        if name is not None and name not in COMMANDS:
            raise Trouble("there is no command %r: use one of %s." % (name, ", ".join(COMMANDS)))
        python = ready_python()
        rest = arguments[1:] if name else arguments
        return hand_over([python, *COMMANDS[name or "lab"](rest)])
    except Trouble as trouble:
        print("course.py: %s" % trouble, file=sys.stderr)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print("course.py: %s" % no_space(), file=sys.stderr)
    except KeyboardInterrupt:
        print("\ncourse.py: stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
