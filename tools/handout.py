"""Copies of the course for a class.

    python3 course.py handout DIR                the students' copy
    python3 course.py handout DIR --solutions    the teacher's copy

The students' copy carries no answers: no solution cells and no speaker notes; the stubs as the exercises'
files have them, whatever was typed into them; no cell that somebody added (one whose id is not words); and in
place of an exercise's answers what these were seen to do. The teacher's copy keeps all of that but the
outputs of stubs and checks. All else is as in the course, so that `python3 course.py lab` in DIR runs
it. A DIR with files in it is left alone unless --force is given, which replaces the handout's own files and
deletes nothing.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat

COURSE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(COURSE))

from micrograd_lite.exercises import exercises  # noqa: E402

FILES = (
    "README.md", "LICENSE", "course.py", "pyproject.toml", "constraints.txt", "environment.yml",
    "conftest.py", ".gitattributes", ".gitignore",
)  # fmt: skip
FOLDERS = ("micrograd_lite", "data", "notebooks", "tools")
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}
EXERCISE = re.compile(r"ex-(.+)-(stub|check)")
ANSWERS = Path("micrograd_lite") / "exercises"  # Markdown files, each with right and wrong answers
OWN_ID = re.compile(r"[a-z][a-z0-9-]*")  # a cell of the course is named in words
RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?")  # what an editor gives a new cell


class HandoutError(Exception):
    """Why there is no handout, and what to do."""


def contents(course=COURSE, solutions=False):
    """-> {path in the handout: bytes}, read whole before anything is written."""
    found = {Path(name): course / name for name in FILES}
    for folder in FOLDERS:
        for path in sorted((course / folder).rglob("*")):
            inside = path.relative_to(course)
            if path.is_file() and not LEFT_OUT & set(inside.parts):
                found[inside] = path
    if not solutions:
        found = {facts_for(inside): path for inside, path in found.items()}
    return {inside: content(inside, path, solutions) for inside, path in found.items()}


def facts_for(inside):
    """The name in the students' copy: facts, JSON, for an exercise's answers."""
    return inside.with_suffix(".json") if inside.suffix == ".md" and ANSWERS in inside.parents else inside


def content(inside, path, solutions):
    if inside.suffix == ".ipynb":
        return page(path, solutions)
    if inside.suffix == ".json" and path.suffix == ".md":
        return exercises()[f"{path.parent.name.replace('_', '-')}-{path.stem}"].as_json().encode()
    return path.read_bytes()


def page(path, solutions):
    """A page of the course as a class gets it, as the bytes of the file."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except (ValueError, nbformat.reader.NotJSONError) as error:
        raise HandoutError(f"{path} is not a notebook: {error}") from error
    if not solutions:
        notebook.cells = [cell for cell in notebook.cells if not is_for_teachers(cell) and not is_added(cell)]
    for cell in notebook.cells:
        exercise = EXERCISE.fullmatch(cell.id)
        if cell.cell_type == "code" and exercise:
            cell.outputs, cell.execution_count = [], None
            if exercise[2] == "stub" and not solutions:
                cell.source = stub(path, exercise[1])
    nbformat.validate(notebook)
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


def stub(path, exercise_id):
    if exercise_id not in exercises():
        raise HandoutError(f"{path.name}: there is no exercise {exercise_id!r}, and so no stub to hand out.")
    return exercises()[exercise_id].stub


def is_added(cell):
    """A cell that is not the course's."""
    return not OWN_ID.fullmatch(cell.id) or RANDOM_ID.fullmatch(cell.id) is not None


def added(course=COURSE):
    """[(page, id of a cell that the students' copy leaves out), …]"""
    pages = sorted((course / "notebooks").glob("*.ipynb"))
    return [(p.name, c.id) for p in pages for c in nbformat.read(p, as_version=4).cells if is_added(c)]


def is_for_teachers(cell):
    """A solution, or a note for the speaker."""
    notes = cell.metadata.get("slideshow", {}).get("slide_type") == "notes"
    return notes or "solution" in cell.metadata.get("tags", [])


def check_target(target, force, course=COURSE):
    """Refuse a folder that must not be written to."""
    target = target.resolve()
    if target == course:
        raise HandoutError(f"{target} is the course itself: give the name of another folder.")
    for folder in FOLDERS:
        if target.is_relative_to(course / folder):
            raise HandoutError(f"{target} is inside the course's {folder}: choose another folder.")
    if target.exists() and not target.is_dir():
        raise HandoutError(f"{target} is a file: give the name of a folder.")
    if target.is_dir() and any(target.iterdir()) and not force:
        raise HandoutError(
            f"{target} is not empty: choose another folder, or add --force, which replaces the handout's "
            "files in it and leaves all others as they are."
        )


def write(files, target):
    for inside, content in files.items():
        path = target / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="course.py handout", description="Copies of the course for a class."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the copy goes")
    parser.add_argument("--solutions", action="store_true", help="the teacher's copy")
    parser.add_argument("--force", action="store_true", help="replace the handout's files in DIR")
    options = parser.parse_args(arguments)
    try:
        check_target(options.folder, options.force)
        write(contents(solutions=options.solutions), options.folder)
    except HandoutError as error:
        print(f"handout: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"handout: {error.filename} cannot be used: {error.strerror}.", file=sys.stderr)
        return 1
    for name, cell_id in [] if options.solutions else added():
        print(f"handout: {name}: cell {cell_id} is left out; a cell of the page has an id of words.")
    kind = "with solutions and notes" if options.solutions else "without solutions"
    print(f"handout: the course {kind} is in {options.folder}. There, `python3 course.py lab` runs it.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
