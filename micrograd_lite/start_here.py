"""What the start page shows: the check of the installation and the map of the course."""

import re
import sys
from dataclasses import dataclass
from html import escape
from importlib import metadata
from pathlib import Path

from micrograd_lite import datasets
from micrograd_lite.engine import Value
from micrograd_lite.graph import Drawing, RenderError, draw, render
from micrograd_lite.topics import page_of

__all__ = ["Check", "Part", "check_installation", "course_map"]

REPAIR = "Close JupyterLab and run  python3 course.py lab  once more: it repairs the installation."
PYTHON = (3, 11)


@dataclass(frozen=True)
class Part:
    """One part of the installation: is it there, what exactly, and what to do if not."""

    name: str
    ok: bool
    found: str  # differs from machine to machine: shown on the page, not compared by the tests
    remedy: str = ""
    optional: bool = False

    @property
    def sign(self) -> str:
        return "✓" if self.ok else "○" if self.optional else "✗"


class Check:
    """The parts as a table on the page. The text form says only what is the same wherever all is well."""

    def __init__(self, parts):
        self.parts = list(parts)
        self.passed = all(part.ok or part.optional for part in self.parts)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:center'>{part.sign}</td>"
            f"<td style='text-align:left'><b>{escape(part.name)}</b></td>"
            f"<td style='text-align:left'>{escape(part.found)}"
            + (f"<br><em>{escape(part.remedy)}</em>" if not part.ok and part.remedy else "")
            + "</td></tr>"
            for part in self.parts
        )
        return f"<table><tbody>{rows}</tbody></table><p><b>{escape(self._verdict())}</b></p>"

    def __repr__(self) -> str:
        lines = [f"{p.sign} {p.name}" for p in self.parts if p.ok and not p.optional]
        lines += [
            f"{p.sign} {p.name}: {p.found}. {p.remedy}" for p in self.parts if not p.ok and not p.optional
        ]
        return "\n".join([*lines, self._verdict()])

    def _verdict(self) -> str:
        missing = [part.name for part in self.parts if not part.ok and not part.optional]
        return f"Missing: {', '.join(missing)}." if missing else "All that the course needs is here."


def check_installation() -> Check:
    """Look for every part that the course needs: Python, packages, data, Graphviz, widgets, and a GPU."""
    return Check([_python(), _packages(), _data(), _graphviz(), _widgets(), _gpu()])


def _python(version=sys.version_info) -> Part:
    found = ".".join(map(str, version[:3]))
    need = ".".join(map(str, PYTHON))
    return Part(
        "Python", tuple(version[:2]) >= PYTHON, found, f"Install Python {need} or newer from python.org."
    )


def _packages(requirements=None) -> Part:
    from packaging.requirements import Requirement

    if requirements is None:
        requirements = metadata.requires("micrograd-lite") or []
    wanted = [
        r for r in map(Requirement, requirements) if r.marker is None or r.marker.evaluate({"extra": ""})
    ]
    wrong = []
    for requirement in wanted:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} is {version}, needs {requirement.specifier}")
    return Part(
        "Packages", not wrong, "; ".join(wrong) or f"{len(wanted)} packages in the right versions", REPAIR
    )


def _data() -> Part:
    try:
        sizes = [
            len(load().y) for load in (datasets.load_iris, datasets.load_breast_cancer, datasets.load_digits)
        ]
    except (OSError, ValueError) as problem:
        return Part("Data", False, str(problem))
    return Part("Data", True, f"iris, breast cancer and digits, {sum(sizes)} samples, checksums right")


def _graphviz() -> Part:
    try:
        draw(Value(2.0) * Value(3.0)).svg()
    except RenderError as problem:
        return Part("Graphviz", False, str(problem), f"Pages show outlines instead of pictures. {REPAIR}")
    return Part("Graphviz", True, "draws computation graphs")


def _widgets() -> Part:
    try:
        version = metadata.version("jupyterlab_widgets")
    except metadata.PackageNotFoundError:
        return Part("Widgets", False, "jupyterlab_widgets is missing", REPAIR)
    return Part("Widgets", True, f"jupyterlab_widgets {version}; the slider below shows whether they work")


def _gpu() -> Part:
    import torch

    if torch.cuda.is_available():
        return Part("GPU", True, torch.cuda.get_device_name(0), optional=True)
    if torch.backends.mps.is_available():
        return Part("GPU", True, "Apple GPU (MPS)", optional=True)
    found = (
        "none that PyTorch can use. The course needs none; the page on PyTorch compares one if you have it."
    )
    remedy = "With an NVIDIA card in this machine, see 'GPU' in README.md."
    return Part("GPU", False, found, remedy, optional=True)


# -------------------------------------------------------------------- the map

MAP = Path(__file__).parent / "course_map.dot"
CHAINS = (
    ("1", "data flow", "input → forward pass → prediction"),
    ("2", "error feedback", "prediction → loss → backward pass → update"),
    (
        "3",
        "automatic differentiation",
        "Value → computation graph → topological order → chain rule → backward pass",
    ),
    ("4", "optimisation loop", "update → forward pass, again and again, until the loss stays low"),
    ("5", "generalisation", "loss → evaluation on held-out data → regularisation → forward pass"),
)


def course_map() -> Drawing:
    """The map of the course: what leads to what, on which page, and the five chains through it."""
    outline = "\n".join(f"chain {number}, {name}: {way}" for number, name, way in CHAINS)
    alt = f"Map of the course. {'; '.join(f'chain {number}, {name}: {way}' for number, name, way in CHAINS)}."
    source = re.sub(r"\$(\w+)", lambda topic: page_of(topic[1])[:2], MAP.read_text(encoding="utf-8"))
    return render(source, alt=alt, outline=outline)
