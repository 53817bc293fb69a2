"""course.py and tools/refresh.py: what they decide and say. No test here makes a real environment."""

import ast
import errno
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import course

HERE = Path(course.__file__).resolve().parent


def load_refresh():
    spec = importlib.util.spec_from_file_location("refresh", HERE / "tools" / "refresh.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


refresh = load_refresh()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder that course.py takes for the checkout, with no .venv, on a machine with nothing active."""
    (tmp_path / "pyproject.toml").write_text((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "jupyterlab.json").write_text("{}\n")
    venv = tmp_path / ".venv"
    places = {
        "HERE": tmp_path,
        "VENV": venv,
        "STAMP": venv / "course-is-installed",
        "LOG": venv / "install.log",
        "PYPROJECT": tmp_path / "pyproject.toml",
        "CONSTRAINTS": tmp_path / "constraints.txt",
        "LAB_SETTINGS": tmp_path / "tools" / "jupyterlab.json",
    }
    for name, place in places.items():
        monkeypatch.setattr(course, name, place)
    monkeypatch.setattr(course, "active_environment_holds_course", lambda: False)
    monkeypatch.setattr(course, "has_nvidia_gpu", lambda: False)
    monkeypatch.setattr(course.platform, "system", lambda: "Linux")
    return tmp_path


@pytest.fixture
def machine(checkout, monkeypatch):
    """The checkout, with every process noted instead of started; `answers`: pip's, by a word of its call."""
    calls, answers = [], {}

    def make_venv(command, **_):
        calls.append(command)
        course.VENV.mkdir(exist_ok=True)
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    def pip(*arguments):
        calls.append(list(arguments))
        for word, answer in answers.items():
            if word in arguments:
                return answer
        return 0, ""

    monkeypatch.setattr(course.subprocess, "run", make_venv)
    monkeypatch.setattr(course, "pip", pip)
    monkeypatch.setattr(course, "describe_venv", lambda: "(3, 11) x" if course.VENV.exists() else None)
    monkeypatch.setattr(course, "hand_over", lambda command: calls.append(command) or 0)
    return SimpleNamespace(folder=checkout, calls=calls, answers=answers)


def pip_calls(machine):
    return [call for call in machine.calls if call[0] == "install"]


# -- the Python it is started with


def test_file_parses_on_a_python_older_than_f_strings():
    tree = ast.parse((HERE / "course.py").read_text(encoding="ascii"), feature_version=(3, 4))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match)
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, newer)]


@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 10), (3, 15), (4, 0)])
def test_a_python_without_builds_of_the_packages_is_refused(version):
    with pytest.raises(course.Trouble, match=rf"this is Python {version[0]}\.{version[1]}.*python\.org"):
        course.check_python((*version, 1, "final", 0))


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
def test_a_supported_python_is_taken(version):
    assert course.check_python((*version, 0, "final", 0)) is None


# -- installing


def test_first_start_installs_and_writes_the_stamp_last(machine, capsys):
    assert course.main(["test", "-k", "engine"]) == 0
    assert machine.calls[0][1:3] == ["-m", "venv"]
    editable = pip_calls(machine)[-1]
    assert "--editable" in editable and f"{machine.folder}[test]" in editable
    assert str(machine.folder / "constraints.txt") in editable
    assert machine.calls[-1] == [str(course.venv_python()), "-m", "pytest", "-k", "engine"]
    assert course.STAMP.is_file()
    said = capsys.readouterr().out
    assert "first start" in said and "minutes" in said and "GB" in said


def test_second_start_installs_nothing(machine):
    course.main(["test"])
    machine.calls.clear()
    assert course.main(["test"]) == 0
    assert machine.calls == [[str(course.venv_python()), "-m", "pytest"]]


def test_an_install_that_was_cut_off_is_finished_at_the_next_start(machine, monkeypatch, capsys):
    def cut_off(*arguments):
        if "--editable" in arguments:
            raise KeyboardInterrupt
        return 0, ""

    with monkeypatch.context() as first_start:
        first_start.setattr(course, "pip", cut_off)
        assert course.main(["test"]) == 130
    assert not course.STAMP.exists()
    assert course.main(["test"]) == 0
    assert course.STAMP.is_file()
    assert "did not finish: mending" in capsys.readouterr().out
    assert sum("venv" in call for call in machine.calls) == 1, "a .venv that runs is kept"


def test_a_package_that_was_cut_off_in_the_middle_is_made_anew(machine):
    packages = machine.folder / ".venv" / "lib" / "python3.11" / "site-packages"
    for name in ("whole-1.0.dist-info", "torn-1.0.dist-info"):
        (packages / name).mkdir(parents=True)
        (packages / name / "METADATA").touch()
    (packages / "whole-1.0.dist-info" / "INSTALLER").touch()
    (machine.folder / ".venv" / "bin").mkdir()
    assert course.main(["test"]) == 0
    assert not packages.exists() and course.STAMP.is_file()


@pytest.mark.parametrize("file", ["pyproject.toml", "constraints.txt", "tools/jupyterlab.json"])
def test_a_change_in_what_the_install_reads_is_installed(machine, file, capsys):
    course.main(["test"])
    machine.calls.clear()
    with (machine.folder / file).open("a") as changed:
        changed.write("# changed\n")
    assert course.main(["test"]) == 0
    assert pip_calls(machine)
    assert "requirements, its settings or its Python changed" in capsys.readouterr().out


def test_the_stamp_covers_every_file_that_the_install_copies():
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    copied = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert [HERE / name for name in copied] == [course.LAB_SETTINGS]


def test_a_venv_whose_python_does_not_run_is_made_anew(machine, monkeypatch):
    (machine.folder / ".venv" / "bin").mkdir(parents=True)
    (machine.folder / ".venv" / "bin" / "left-over").touch()
    described = iter([None, None, "(3, 11) x"])
    monkeypatch.setattr(course, "describe_venv", lambda: next(described))
    assert course.main(["test"]) == 0
    assert not (machine.folder / ".venv" / "bin" / "left-over").exists()


def test_a_folder_that_is_no_environment_is_not_deleted(machine, monkeypatch, capsys):
    precious = machine.folder / ".venv" / "thesis.txt"
    precious.parent.mkdir()
    precious.touch()
    monkeypatch.setattr(course, "describe_venv", lambda: None)
    assert course.main(["test"]) == 1
    assert precious.exists()
    assert "is not a virtual environment: move it away" in capsys.readouterr().err


def test_a_venv_that_was_moved_does_not_count(checkout, monkeypatch):
    answer = SimpleNamespace(returncode=0, stdout="(3, 11) /somewhere/else/.venv\n", stderr="")
    monkeypatch.setattr(course.subprocess, "run", lambda *_, **__: answer)
    assert course.describe_venv() is None


def test_a_venv_without_python_does_not_count(checkout):
    assert course.describe_venv() is None


def test_an_unrelated_active_environment_is_left_alone():
    """This very Python, taken for an environment without the course."""
    code = (
        "import sys, course; from pathlib import Path; course.VENV = Path('elsewhere'); "
        "course.required_packages = lambda: ['no-such-package-xyz>=1']; "
        "print(course.active_environment_holds_course())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"


def active_venv(monkeypatch, requirements, origin):
    monkeypatch.setattr(course, "VENV", Path("elsewhere"))
    monkeypatch.setattr(course.sys, "base_prefix", "another")
    monkeypatch.setattr(course, "required_packages", lambda: requirements)
    direct_url = json.dumps({"dir_info": {"editable": True}, "url": origin})
    ours, others = SimpleNamespace(read_text=lambda _: direct_url), importlib.metadata.distribution
    monkeypatch.setattr(
        course.importlib.metadata,
        "distribution",
        lambda name: ours if name == "micrograd-lite" else others(name),
    )
    return course.active_environment_holds_course()


def test_an_active_environment_that_holds_the_course_is_used(monkeypatch):
    assert active_venv(monkeypatch, ["pytest>=8", "nbformat>=5"], HERE.as_uri())


def test_an_active_environment_with_an_older_package_is_not_used(monkeypatch):
    assert not active_venv(monkeypatch, ["pytest>=999"], HERE.as_uri())


def test_an_active_environment_with_another_checkout_is_not_used(monkeypatch):
    assert not active_venv(monkeypatch, ["pytest>=8"], "file:///another/checkout")


def test_children_get_no_packages_from_elsewhere(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/other/packages")
    monkeypatch.setenv("PIP_USER", "1")
    env = course.clean_env()
    assert "PYTHONPATH" not in env and env["PIP_USER"] == "0" and env["PYTHONNOUSERSITE"] == "1"


# -- which build of torch


@pytest.mark.parametrize(
    ("system", "gpu", "index"),
    [
        ("Linux", False, course.PYTORCH_CPU),
        ("Linux", True, None),
        ("Windows", False, None),
        ("Windows", True, course.PYTORCH_CUDA),
        ("Darwin", False, None),
    ],
)
def test_each_machine_gets_its_build_of_torch(system, gpu, index):
    assert course.pytorch_index(system, gpu) == index


def test_a_torch_that_lies_on_this_machine_is_taken_without_asking_the_network(machine):
    course.install_torch(course.PYTORCH_CPU)
    (only,) = pip_calls(machine)
    assert "--no-index" in only


def test_torch_comes_alone_from_its_own_site(machine):
    machine.answers["--no-index"] = (1, "No matching distribution found")
    course.install_torch(course.PYTORCH_CPU)
    assert pip_calls(machine)[-1][-6:-4] == ["--index-url", course.PYTORCH_CPU]
    assert "--no-deps" in pip_calls(machine)[-1]


def test_without_pytorchs_site_torch_comes_from_pypi(machine, capsys):
    machine.answers["--no-index"] = machine.answers["--index-url"] = (1, "ConnectTimeout")
    course.install_torch(course.PYTORCH_CPU)
    assert pip_calls(machine)[-1][-1] == "torch"
    assert "does not answer: taking PyPI's build" in capsys.readouterr().out


# -- what goes wrong, each in one sentence


def trouble(capsys, arguments=("test",)):
    """Run, expect a failure. -> what was said"""
    assert course.main(list(arguments)) == 1
    said = capsys.readouterr().err
    assert said.startswith("course.py: ") and said.count("\n") == 1 and "Traceback" not in said
    return said


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_no_venv_module(machine, monkeypatch, capsys, missing):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        course.importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )
    assert "sudo apt install python3-venv" in trouble(capsys)
    assert machine.calls == []


def test_too_little_disk(machine, monkeypatch, capsys):
    monkeypatch.setattr(course.shutil, "disk_usage", lambda _: SimpleNamespace(free=0.4e9))
    assert "needs 3 GB" in trouble(capsys)
    assert machine.calls == []


def test_a_disk_that_fills_up_while_pip_works(machine, capsys):
    machine.answers["--editable"] = (1, "ERROR: Could not install: [Errno 28] No space left on device\n")
    assert "the disk is full: free some space" in trouble(capsys)


def test_a_disk_that_fills_up_in_our_own_hands(machine, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(course, "install_torch", full)
    assert "the disk is full" in trouble(capsys)


def test_no_network(machine, capsys):
    machine.answers["--editable"] = (
        1,
        "WARNING: Retrying (...) NewConnectionError: Network is unreachable\nERROR: x\n",
    )
    assert "check the network" in trouble(capsys)
    assert not course.STAMP.exists()


def test_any_other_failure_of_pip_is_quoted(machine, capsys):
    machine.answers["--editable"] = (1, "Collecting x\nERROR: package y is broken\n")
    assert "ERROR: package y is broken" in trouble(capsys)


def test_intel_mac_is_sent_to_conda(machine, monkeypatch, capsys):
    monkeypatch.setattr(course.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(course.platform, "machine", lambda: "x86_64")
    assert "use conda" in trouble(capsys)


def test_unknown_command(machine, capsys):
    assert "no command 'notebook': use one of lab, slides, handout, test, refresh, ruff" in trouble(
        capsys, ["notebook"]
    )
    assert machine.calls == []


def test_an_unexpected_error_is_not_hidden(machine, monkeypatch):
    def broken(*_):
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(course, "install_torch", broken)
    with pytest.raises(PermissionError):
        course.main(["test"])


# -- the commands


def test_without_a_command_the_lab_starts_safely_and_quietly(machine):
    course.main([])
    command = machine.calls[-1]
    assert Path(command[1]).name == "lab.py"
    assert "--ServerApp.ip=127.0.0.1" in command
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in command
    assert "--LabApp.news_url=None" in command
    assert not any("token" in text.lower() for text in command), (
        "the token is JupyterLab's own, fresh each time"
    )


@pytest.mark.parametrize("name", [["lab"], []])
def test_further_arguments_go_to_jupyterlab(machine, name):
    course.main([*name, "--no-browser", "--port", "9999"])
    assert machine.calls[-1][-3:] == ["--no-browser", "--port", "9999"]


def test_paths_are_found_from_the_folder_one_stands_in(machine, monkeypatch):
    page = machine.folder / "notebooks" / "04_x.ipynb"
    page.parent.mkdir()
    page.touch()
    monkeypatch.chdir(page.parent)
    course.main(["refresh", "04_x.ipynb", "05"])
    assert machine.calls[-1][2:] == [str(page), "05"]
    course.main(["test", "04_x.ipynb::Cell 3", "-k", "engine"])
    assert machine.calls[-1][3:] == [f"{page}::Cell 3", "-k", "engine"]


def test_the_exit_code_is_that_of_the_command(checkout):
    code = "import course, sys; course.hand_over([sys.executable, '-c', 'raise SystemExit(7)'])"
    assert subprocess.run([sys.executable, "-c", code], cwd=HERE).returncode == 7


# -- refresh


def page_at(folder, *sources):
    cells = [new_markdown_cell("A page", id="title")]
    cells += [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources, 1)]
    path = folder / "page.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_refresh_stores_outputs_in_order_and_twice_gives_the_same_bytes(tmp_path):
    path = page_at(
        tmp_path,
        "import os, random\nfor name in 'ab':\n    print(name, flush=True)",
        "os.path.basename(os.getcwd())",
        "import ipywidgets\nipywidgets.IntSlider()",
        "import matplotlib.pyplot as plt\n_ = plt.plot([1, 4, 9])",
        "from IPython.display import HTML\nid_ = ''.join(random.choices('abcdefgh', k=12))\n"
        'HTML(f\'<div id="{id_}" data-shufflequestions="False"></div>\')',
    )
    assert refresh.main([str(path)]) == 0
    first, cells = path.read_bytes(), code_cells(path)
    assert [cell.execution_count for cell in cells] == [1, 2, 3, 4, 5]
    assert [output.text for output in cells[0].outputs] == ["a\nb\n"]
    assert cells[1].outputs[0].data["text/plain"] == repr(tmp_path.name), "a page runs in its own folder"
    assert cells[2].outputs == [], "a widget is empty without a kernel"
    assert "image/png" in cells[3].outputs[0].data
    assert 'id="quiz_cell_5_1"' in cells[4].outputs[0].data["text/html"]
    assert refresh.main([str(path)]) == 0
    assert path.read_bytes() == first
    assert b'"execution": {' not in first and b'"widgets"' not in first


def test_refresh_keeps_ids_tags_and_slides(tmp_path):
    path = page_at(tmp_path, "1 + 1")
    page = nbformat.read(path, as_version=4)
    page.cells[1].metadata = {
        "tags": ["solution"],
        "slideshow": {"slide_type": "slide"},
        "execution": {"x": "y"},
    }
    nbformat.write(page, path)
    refresh.main([str(path)])
    (cell,) = code_cells(path)
    assert cell.id == "cell-1"
    assert cell.metadata == {"tags": ["solution"], "slideshow": {"slide_type": "slide"}}


def test_refresh_of_a_page_that_fails_names_the_cell_and_leaves_the_page(tmp_path, capsys):
    path = page_at(tmp_path, "x = 1", "x / 0")
    before = path.read_bytes()
    assert refresh.main([str(path)]) == 1
    said = capsys.readouterr()
    assert path.read_bytes() == before
    assert "left as it was" in said.out
    assert "page.ipynb, cell cell-2" in said.err and "ZeroDivisionError" in said.err
    assert os.listdir(tmp_path) == ["page.ipynb"]


def test_refresh_stores_an_expected_error_without_this_machines_paths(tmp_path):
    path = page_at(tmp_path, "float('three')")
    page = nbformat.read(path, as_version=4)
    page.cells[1].metadata["tags"] = ["raises-exception"]
    nbformat.write(page, path)
    assert refresh.main([str(path)]) == 0
    (output,) = code_cells(path)[0].outputs
    assert output.traceback == ["ValueError: could not convert string to float: 'three'"]


def test_refresh_runs_in_this_environments_kernel(tmp_path):
    path = page_at(tmp_path, f"import sys\nsys.prefix == {sys.prefix!r}")
    refresh.main([str(path)])
    assert code_cells(path)[0].outputs[0].data["text/plain"] == "True"


def test_refresh_of_an_unknown_page_lists_the_pages(capsys):
    assert refresh.main(["99"]) == 1
    assert "no page '99'" in capsys.readouterr().err
