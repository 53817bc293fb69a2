"""environment.yml, pyproject.toml and constraints.txt say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import course

HERE = Path(__file__).resolve().parent.parent
CONDA_NAMES = {"torch": "pytorch", "graphviz": "python-graphviz", "playwright": "playwright-python"}
CONDA_ONLY = {"python", "pip"}
PROJECT = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = yaml.safe_load((HERE / "environment.yml").read_text(encoding="utf-8"))


def asked_by_pyproject():
    """Conda's name of each package -> its bounds."""
    texts = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]
    requirements = [Requirement(text) for text in texts]
    return {CONDA_NAMES.get(r.name, r.name): r.specifier for r in requirements}


def asked_by_conda():
    """Name of each package of environment.yml -> its bounds, for conda's part and for pip's part."""
    texts = [entry for entry in CONDA["dependencies"] if isinstance(entry, str)]
    (pip_part,) = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    conda = {r.name: r.specifier for r in map(Requirement, texts)}
    pip = {r.name: r.specifier for r in map(Requirement, (text for text in pip_part if text != "-e ."))}
    return conda, pip


def pinned():
    """Name of each package of constraints.txt -> the requirement there."""
    lines = (HERE / "constraints.txt").read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(r.name): r for r in requirements}


def test_conda_names_the_same_packages_and_bounds():
    conda, pip = asked_by_conda()
    listed = {name: bounds for name, bounds in (conda | pip).items() if name not in CONDA_ONLY}
    assert listed == asked_by_pyproject()


def test_no_package_is_listed_for_both_conda_and_pip():
    conda, pip = asked_by_conda()
    assert not set(conda) & set(pip)


def test_conda_has_pip_and_the_same_pythons():
    conda, _ = asked_by_conda()
    assert set(conda) >= CONDA_ONLY
    assert str(conda["python"]) == str(Requirement("python" + PROJECT["requires-python"]).specifier)


def test_conda_installs_this_checkout():
    (pip_part,) = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    assert "-e ." in pip_part


def test_conda_uses_conda_forge_alone():
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]


@pytest.mark.parametrize("text", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"])
def test_every_requirement_is_bounded_and_locked_to_one_version(text):
    requirement = Requirement(text)
    operators = {bound.operator for bound in requirement.specifier}
    assert ">=" in operators, f"{text} has no lower bound"
    assert "<" in operators, f"{text} has no upper bound"
    (lock,) = pinned()[canonicalize_name(requirement.name)].specifier
    assert lock.operator == "==" and requirement.specifier.contains(lock.version)


def test_the_lock_is_of_torch_2_13_0_and_names_no_place():
    assert str(pinned()["torch"].specifier) == "==2.13.0"
    assert not re.search(
        r"://|file:|--find-links|--index", (HERE / "constraints.txt").read_text(encoding="utf-8")
    )


def test_course_py_takes_the_same_pythons_as_pyproject():
    oldest, newest = course.OLDEST, course.NEWEST
    assert PROJECT["requires-python"] == f">={oldest[0]}.{oldest[1]},<{newest[0]}.{newest[1] + 1}"
