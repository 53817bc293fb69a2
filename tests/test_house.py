"""The house: what may import what, a map of every file, and no page's number outside `notebooks/`."""

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "micrograd_lite"

# ---------------------------------------------------------------- the import direction

FLOORS = ({"engine"}, {"nn", "losses", "optim"}, {"tensor"}, (), {"widgets", "exercises", "experiments"})
MIDDLE = 3  # graph, figures, and every file that no floor names: they may use each other
ALONE = {"engine": set(), "nn": set(), "losses": set(), "optim": set(), "tensor": {"numpy"}}  # third parties
OUTSIDE = {"benchmarks", "conftest", "course", "tests", "tools"}


def floor_of(module):
    """0 for the engine, up to 4 for the widgets; what no floor names stands in the middle."""
    room = module.removeprefix("micrograd_lite.").split(".")[0]
    return next((floor for floor, rooms in enumerate(FLOORS) if room in rooms), MIDDLE)


def modules_of(package):
    """Name -> source text of every module of a package; "micrograd_lite.figures" is its __init__.py."""
    paths = sorted(package.rglob("*.py"))
    names = {path: path.relative_to(package.parent).with_suffix("").parts for path in paths}
    return {
        ".".join(parts[:-1] if parts[-1] == "__init__" else parts): path.read_text(encoding="utf-8")
        for path, parts in names.items()
    }


def imports_of(name, modules):
    """Every module that a module imports, wherever in it: names of the package as exact as they can be."""
    is_package = any(other.startswith(f"{name}.") for other in modules)
    for node in ast.walk(ast.parse(modules[name])):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = name.split(".")[: len(name.split(".")) - node.level + is_package] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in modules else base


def wrong_imports(modules):
    """A sentence for every import that points back up, leaves the package, or is too much for an engine."""
    imports = {name: set(imports_of(name, modules)) for name in modules}
    inside = {
        name: {o for o in found if o.split(".")[0] == "micrograd_lite"} for name, found in imports.items()
    }
    problems = [
        problem
        for name in modules
        for problem in (*foreign(name, imports[name] - inside[name]), *upward(name, inside[name]))
    ]
    try:
        TopologicalSorter(inside).prepare()
    except CycleError as circle:  # one that leads over a floor is named already
        problems = problems or [f"a circle of imports: {' → '.join(reversed(circle.args[1]))}"]
    return problems


def foreign(name, others):
    """What a module must not import from outside the package."""
    allowed = ALONE.get(name.removeprefix("micrograd_lite."))
    for other in sorted(others):
        top = other.split(".")[0]
        if top in OUTSIDE:
            yield f"{name} imports {other}, which is no part of the package"
        elif allowed is not None and top not in sys.stdlib_module_names | allowed:
            yield f"{name} imports {other}; it may use {', '.join(allowed) or 'no library'} alone"


def upward(name, others):
    """What a module must not import of the package: anything but lower floors and its own room."""
    for other in sorted(others):
        same_room = name.split(".")[1:2] == other.split(".")[1:2]
        in_the_middle = floor_of(name) == floor_of(other) == MIDDLE
        if floor_of(other) >= floor_of(name) and not same_room and not in_the_middle:
            yield f"{name} imports {other}, which does not stand below it"


def test_no_import_points_back_up():
    modules = modules_of(PACKAGE)
    assert {"micrograd_lite.engine", "micrograd_lite.figures.style", "micrograd_lite"} <= set(modules)
    assert wrong_imports(modules) == []


def test_the_package_itself_holds_the_engine_and_the_networks_alone():
    modules = modules_of(PACKAGE)
    assert set(imports_of("micrograd_lite", modules)) == {"micrograd_lite.engine", "micrograd_lite.nn"}


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("engine", "import micrograd_lite.nn", "micrograd_lite.nn, which does not stand below it"),
        ("engine", "def f():\n    import numpy as np", "numpy; it may use no library alone"),
        ("nn", "from micrograd_lite import losses", "micrograd_lite.losses, which does not stand below it"),
        ("losses", "from .optim import SGD", "micrograd_lite.optim, which does not stand below it"),
        ("optim", "from .tensor import Tensor", "micrograd_lite.tensor, which does not stand below it"),
        ("tensor", "import torch", "torch; it may use numpy alone"),
        ("graph", "import micrograd_lite.widgets.pad", "micrograd_lite.widgets.pad, which does not stand"),
        ("figures.style", "from ..exercises import check", "micrograd_lite.exercises, which does not stand"),
        ("widgets.pad", "from micrograd_lite import experiments", "micrograd_lite.experiments, which does"),
        ("graph", "from tests.scripts import benchmark", "tests.scripts, which is no part of the package"),
    ],
)
def test_a_planted_wrong_import_is_found(name, line, said):
    sound = {
        "engine": "import math",
        "nn": "from .engine import Value",
        "losses": "from micrograd_lite.engine import Value",
        "optim": "",
        "tensor": "import numpy as np\nfrom micrograd_lite import nn",
        "graph": "import graphviz\nfrom micrograd_lite import Value",
        "figures": "from .curves import curve",
        "figures.style": "import matplotlib",
        "figures.curves": "from micrograd_lite.figures.style import BLUE\nfrom micrograd_lite import graph",
        "widgets": "",
        "widgets.pad": "from micrograd_lite import figures",
        "exercises": "import torch",
        "experiments": "from ..figures import style",
    }
    house = {f"micrograd_lite.{room}": text for room, text in sound.items()}
    house["micrograd_lite"] = "from micrograd_lite.engine import Value"
    assert wrong_imports(house) == []
    house[f"micrograd_lite.{name}"] += f"\n{line}"
    (sentence,) = wrong_imports(house)
    assert sentence.startswith(f"micrograd_lite.{name} imports {said}")


def test_a_planted_circle_of_imports_is_found():
    house = {
        "micrograd_lite.graph": "from .figures import style",
        "micrograd_lite.figures.style": "from .. import graph",
    }
    (sentence,) = wrong_imports(house)
    assert sentence.startswith("a circle of imports: ")
    assert "micrograd_lite.graph" in sentence and "micrograd_lite.figures.style" in sentence


@pytest.mark.parametrize(
    ("module", "absent"),
    [("figures", ("torch", "matplotlib.pyplot")), ("graph", ("numpy", "matplotlib")), ("ledger", ("torch",))],
)
def test_a_module_loads_no_more_than_it_needs(module, absent):
    script = f"import sys, micrograd_lite.{module}; print(*({set(absent)} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == []


# ---------------------------------------------------------------- the map


def test_the_map_names_every_file_of_the_package():
    """`exercises/` has files by topic; the map says how they are found."""
    names = re.findall(r"`([^`]+)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    named = {word.removesuffix(".py").split("/")[-1] for word in names}
    files = {
        path.stem: path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.stem != "__init__"
    }
    files = {stem: path for stem, path in files.items() if path.parts[0] != "exercises"}
    assert [path.as_posix() for stem, path in sorted(files.items()) if stem not in named] == []


# ---------------------------------------------------------------- no page's number outside notebooks/

NUMBER = re.compile(r"\b(?:chapters?|pages?)[ -]?\d{1,2}\b|\b\w*[a-z]_0\d[a-z]?\b", re.IGNORECASE)
PLACES = ("micrograd_lite", "benchmarks", "tests", "tools", "data")
TEXTS = {".py", ".md", ".json", ".dot", ".js", ".css"}


def numbered(folder, places=PLACES):
    """Every number of a page: "file: its name" for one in a name, "file:line: what" for one in a line."""
    for path in sorted(p for place in places for p in (folder / place).rglob("*") if p.suffix in TEXTS):
        shown = path.relative_to(folder).as_posix()
        if re.search(r"_(0\d|1[0-2])[a-z]?$|^\d\d", path.stem):
            yield f"{shown}: its name"
        if path != Path(__file__):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                yield from (f"{shown}:{number}: {found[0]}" for found in NUMBER.finditer(line))


def test_numbers_of_pages_stand_in_notebooks_alone():
    assert list(numbered(ROOT)) == []


def test_a_planted_number_of_a_page_is_found(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_widgets_07x.py").write_text(
        "# see chapter 3, and pages 12\nx = 1\nmy_02 = 1_000_000"
    )
    (tmp_path / "tests" / "sound.py").write_text('chapter = "the one"; run("04_micrograd"); s = 12_034')
    name = "tests/test_widgets_07x.py"
    assert list(numbered(tmp_path)) == [
        f"{name}: its name", f"{name}:1: chapter 3", f"{name}:1: pages 12", f"{name}:3: my_02"
    ]  # fmt: skip
