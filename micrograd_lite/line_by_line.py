"""Lines of micrograd_lite and of PyTorch side by side, run, their results compared.

from micrograd_lite.line_by_line import line_by_line
rows = [("a number", "w = mg.Value(2.0)", "w = torch.tensor(2.0)")]
line_by_line(rows, mg=mg, torch=torch)  # a table; its largest_difference is 0 here
"""

import ast

import numpy as np
import torch

from micrograd_lite.engine import Value
from micrograd_lite.ledger import SAME
from micrograd_lite.tables import Table

__all__ = ["LineTable", "line_by_line"]


def line_by_line(rows, **names):
    """Run each row's two lines, in order, and set their results side by side. -> LineTable

    rows : (idea, line of micrograd_lite, line of PyTorch). Each side has variables of its own, which a later
        row can use. A line's result is its last expression, or what its last statement assigned: a number, a
        Value, a tensor, or a nest of lists of them.
    names : what both sides may use, as `mg=mg, torch=torch`.

    Errors: ValueError for a line without a number as its result, or for results of different shapes;
    what a line itself raises goes through.
    """
    left, right = dict(names), dict(names)
    shown, apart = [], []
    for idea, ours, theirs in rows:
        a, b = _result(ours, left), _result(theirs, right)
        if a.shape != b.shape:
            raise ValueError(
                f"{idea}: `{ours}` gives numbers of shape {a.shape}, `{theirs}` of shape {b.shape}"
            )
        apart.append(float(np.max(np.abs(a - b), initial=0.0)))
        shown.append((idea, ours, theirs, _shown(a)))
    if not shown:
        raise ValueError('line_by_line needs at least one row, as ("a number", "1.0", "1.0"); got none')
    largest = float(np.max(apart))
    size = f"less than {SAME:g}" if largest <= SAME else f"up to {largest:.3g}"
    note = f"{len(shown)} rows: the results differ by {size}"
    headings = ("", "micrograd_lite", "PyTorch", "both give")
    return LineTable(headings, shown, note, words=4, code=(1, 2), largest_difference=largest)


def _result(line, names):
    """What the line gives, as an array of float64; the line's variables end up in `names`."""
    statements = ast.parse(line).body
    last = statements[-1] if statements else None
    if isinstance(last, ast.Assign):
        wanted = ast.unparse(last.targets[0])  # read back what was assigned
    elif isinstance(last, ast.Expr):
        wanted = ast.unparse(statements.pop())
    else:
        raise ValueError(f"`{line}` ends neither on an expression nor on an assignment: there is no result")
    exec(compile(ast.Module(statements, []), "<line>", "exec"), names)
    found = eval(wanted, names)
    try:
        return np.asarray(_plain(found), dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"`{line}` gives {type(found).__name__}, which is no number") from problem


def _plain(found):
    """Values and tensors as Python's numbers."""
    if isinstance(found, Value):
        return found.data
    if isinstance(found, torch.Tensor):
        return found.tolist()
    if isinstance(found, list | tuple):
        return [_plain(item) for item in found]
    if found is None:
        raise TypeError("None")
    return found


class LineTable(Table):
    """What `line_by_line` returns; it shows itself. In its text form the two lines stand below each other."""

    @property
    def text(self):
        rows = [f"{idea}: {result}\n    {ours}\n    {theirs}" for idea, ours, theirs, result in self.rows]
        return "\n".join([*rows, self.note])


def _shown(result):
    """Numbers with four digits, lists in brackets."""
    if result.ndim:
        return "[" + ", ".join(_shown(part) for part in result) + "]"
    return f"{result + 0.0:.4g}"
