"""Results that are measured once and kept in `data/`: how a file is written, read, and held to the code.

A file's head says when, by which command, with which versions and on which processor it was measured, and
every constant that its numbers depend on. `read` refuses a file whose constants the code no longer has.
"""

import json
import platform
from datetime import date
from pathlib import Path

import numpy as np
import torch

__all__ = ["DATA", "origin", "processor", "read", "write"]

DATA = Path(__file__).resolve().parents[2] / "data"


def processor():
    """What the machine calls its processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def origin(command, constants):
    """The head of a file: a dict with date, command, versions, processor and constants."""
    return {
        "date": date.today().isoformat(),
        "command": command,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "processor": processor(),
        "constants": constants,
    }


def write(path, data):
    """JSON with one line for each entry of a list, so that a change can be read in a diff."""
    parts = []
    for name, value in data.items():
        if isinstance(value, list):
            lines = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in value)
            parts.append(f"{json.dumps(name)}: [\n{lines}\n]")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8", newline="\n")


def read(path, command, constants, code):
    """The file as a dict, checked to have been measured with these constants.

    command : what measures anew. code : the module that names the constants.
    Errors: FileNotFoundError (missing), ValueError (damaged, or of other constants), both with what to do.
    """
    shown = f"data/{path.name}"
    restore = f"bring it back with `git checkout -- {shown}`, or measure anew with `{command}`"
    if not path.is_file():
        raise FileNotFoundError(f"{shown} is missing: {restore}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{shown} is damaged ({error}): {restore}") from error
    measured = found.get("constants", {})
    changed = [name for name, value in constants.items() if measured.get(name) != value]
    if changed:
        name = changed[0]
        raise ValueError(
            f"{shown} was measured with {name} = {measured.get(name)}, {code} now says {constants[name]}. "
            f"Measure anew with `{command}`, or undo the change."
        )
    return found
