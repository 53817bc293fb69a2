"""Which exercises are solved: a small file beside the course, `.course-progress.json`. Nothing is sent.

The environment variable COURSE_PROGRESS names another file; "off" keeps the progress in memory only, as the
tests of the pages and the tool that refreshes them want it. Where the file cannot be written, memory holds
the progress until the kernel stops.
"""

import contextlib
import json
import os
from pathlib import Path

__all__ = ["add", "solved"]

COURSE = Path(__file__).resolve().parent.parent.parent

_session = set()  # solved since this kernel started
_said = set()  # notes that were given


def place():
    """The file, or None where there is to be none."""
    named = os.environ.get("COURSE_PROGRESS")
    if named == "off":
        return None
    if named:
        return Path(named)
    beside_course = (COURSE / "notebooks").is_dir()  # else the package is installed somewhere else
    return (COURSE if beside_course else Path.cwd()) / ".course-progress.json"


def solved():
    """-> (the ids of the solved exercises, a note on what is wrong with the file or "")"""
    file = place()
    stored, note = _read(file) if file else (set(), "")
    return (stored or set()) | _session, note


def add(exercise_id):
    """Note that an exercise is solved. -> a note for the learner (each is given once), or "" """
    _session.add(exercise_id)
    file = place()
    if file is None:
        return ""
    stored, note = _read(file)
    if stored is not None and exercise_id not in stored:
        note = _write(file, stored | _session) or note
    new = "" if note in _said else note
    _said.add(note)
    return new


def _read(file):
    """-> (the ids, or None where there is a file that cannot be read; a note or "")"""
    try:
        ids = json.loads(file.read_bytes())["solved"]
        if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids):
            raise ValueError("no list of ids")
    except FileNotFoundError:
        return set(), ""
    except OSError as error:
        return None, _only_now(file, "read", error)
    except (ValueError, KeyError, TypeError, RecursionError):  # what a half-written or edited file gives
        return _put_aside(file)
    return set(ids), ""


def _put_aside(file):
    aside = file.with_name(f"{file.name}.damaged")
    try:
        os.replace(file, aside)
    except OSError as error:
        return None, _only_now(file, "mended", error)
    return set(), f"{file.name} was damaged: it is now {aside.name}, and your progress starts afresh."


def _write(file, ids):
    """Write a draft and put it in the file's place: nobody ever reads half a file."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps({"solved": sorted(ids)}, indent=1) + "\n", encoding="utf-8")
        os.replace(draft, file)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        return _only_now(file, "written", error)
    return ""


def _only_now(file, what, error):
    return f"{file.name} cannot be {what} ({error.strerror}): your progress is kept until this kernel stops."
