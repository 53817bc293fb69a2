"""The ledger: one tiny fixed network, the same numbers out of five machines.

    from micrograd_lite import ledger
    net = ledger.load()  # numbers: net.given, net.parameters; names and formulas: net.values, net.gradients
    table = ledger.table({"by hand": ledger.by_hand(), "NumPy": ledger.in_numpy()})
    assert table.largest_difference <= 1e-12

The network has 2 inputs, 2 hidden tanh units u and v, 1 sigmoid output unit o, and binary cross-entropy. A
weight is called after the two ends of its connection: `w1u` leads from x1 to u, `wvo` from v to o. `dwvo` is
the derivative ∂L/∂wvo. A **column** is a dict with a number for every name. Here are the columns "by hand"
and "NumPy"; `ledger_torch` has PyTorch's.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from micrograd_lite import two_layer
from micrograd_lite.tables import Table

__all__ = ["FILE", "Ledger", "arrays", "by_hand", "in_numpy", "load", "table"]

FILE = Path(__file__).resolve().parent.parent / "data" / "ledger.json"
SAME = 1e-12  # columns that differ by no more than this are called equal; float64 rounds at about 1e-16


@dataclass(frozen=True)
class Ledger:
    """What `data/ledger.json` says, each part a dict in the order of the calculation.

    given, parameters : name -> number. values, gradients : name -> formula, in words of the other names.
    """

    network: str
    given: dict[str, float]
    parameters: dict[str, float]
    values: dict[str, str]
    gradients: dict[str, str]

    @property
    def formulas(self):
        """name -> formula, for everything that a column must hold: the values, then the gradients."""
        return self.values | self.gradients


def load():
    """The network and its names. Errors: FileNotFoundError where the course folder lacks the file."""
    if not FILE.is_file():
        raise FileNotFoundError(
            f"data/{FILE.name} is missing: bring it back with `git checkout -- data/{FILE.name}`"
        )
    return Ledger(**json.loads(FILE.read_text(encoding="utf-8")))


def by_hand():
    """The first column: every line a formula of school, in the order of the calculation."""
    net = load()
    x1, x2, y = net.given.values()
    w1u, w2u, bu, w1v, w2v, bv, wuo, wvo, bo = net.parameters.values()
    zu = w1u * x1 + w2u * x2 + bu
    au = math.tanh(zu)
    zv = w1v * x1 + w2v * x2 + bv
    av = math.tanh(zv)
    zo = wuo * au + wvo * av + bo
    y_hat = 1 / (1 + math.exp(-zo))
    L = -y * math.log(y_hat) - (1 - y) * math.log(1 - y_hat)
    dy_hat = -y / y_hat + (1 - y) / (1 - y_hat)
    dzo = dy_hat * y_hat * (1 - y_hat)
    dwuo, dwvo, dbo = dzo * au, dzo * av, dzo
    dau, dav = dzo * wuo, dzo * wvo
    dzu, dzv = dau * (1 - au**2), dav * (1 - av**2)
    dw1u, dw2u, dbu = dzu * x1, dzu * x2, dzu
    dw1v, dw2v, dbv = dzv * x1, dzv * x2, dzv
    dx1, dx2 = dzu * w1u + dzv * w1v, dzu * w2u + dzv * w2v
    here = locals()
    return {name: here[name] for name in net.formulas}


def arrays():
    """The same network for NumPy: X (1, 2), y (1, 1), and the parameters of `two_layer` as a dict."""
    net = load()
    x1, x2, y = net.given.values()
    w1u, w2u, bu, w1v, w2v, bv, wuo, wvo, bo = net.parameters.values()
    parameters = {
        "W1": np.array([[w1u, w1v], [w2u, w2v]]),  # (2 inputs, 2 hidden): a column per unit
        "b1": np.array([[bu, bv]]),
        "W2": np.array([[wuo], [wvo]]),
        "b2": np.array([[bo]]),
    }
    return np.array([[x1, x2]]), np.array([[y]]), parameters


def in_numpy():
    """The second column: whole layers at once, by `two_layer`."""
    X, y, parameters = arrays()
    cache = two_layer.forward(X, parameters)
    g = two_layer.backward(cache, y, parameters)
    y_hat = cache["A2"]
    rows = {
        ("zu", "zv"): cache["Z1"], ("au", "av"): cache["A1"], ("zo",): cache["Z2"], ("y_hat",): y_hat,
        ("L",): two_layer.loss(cache, y), ("dy_hat",): -y / y_hat + (1 - y) / (1 - y_hat),
        ("dzo",): g["Z2"], ("dau", "dav"): g["A1"], ("dzu", "dzv"): g["Z1"], ("dx1", "dx2"): g["X"],
        ("dw1u", "dw1v", "dw2u", "dw2v"): g["W1"], ("dbu", "dbv"): g["b1"],
        ("dwuo", "dwvo"): g["W2"], ("dbo",): g["b2"],
    }  # fmt: skip
    found = {
        name: float(number)
        for names, array in rows.items()
        for name, number in zip(names, np.ravel(array), strict=True)
    }
    return {name: found[name] for name in load().formulas}


def table(columns):
    """The ledger as a table: a row per name, a column per machine, below it the largest difference.

    columns : dict, heading -> column. A column is a dict with a number (whatever `float` takes) for every
    name of the ledger, in any order. Returns a `Table`; its `largest_difference` is over all rows, 0 for one
    column, nan with a nan in it.
    Errors: ValueError for no column, for names that are missing or unknown, for what is no number.
    """
    formulas = load().formulas
    if not columns:
        raise ValueError('ledger.table needs at least one column, as {"by hand": numbers}; got none')
    columns = {heading: _numbers(heading, column, formulas) for heading, column in columns.items()}
    numbers = np.array([list(column.values()) for column in columns.values()])  # (columns, names)
    largest = float(np.max(numbers.max(axis=0) - numbers.min(axis=0)))
    return Table(
        ("name", "formula", *(f" {heading}" for heading in columns)),
        [
            (name, formula, *(f"{x:9.4f}" for x in row + 0.0))  # + 0.0: no -0.0000 where the number is -0.0
            for (name, formula), row in zip(formulas.items(), numbers.T, strict=True)
        ],
        _verdict(len(formulas), len(columns), largest),
        words=2,
        code=(0,),
        gap=" ",
        largest_difference=largest,
    )


def _verdict(names, columns, largest):
    """The line below the table: whether the columns agree."""
    if columns == 1:
        return f"{names} numbers, one column so far"
    size = f"below {SAME:g}" if largest <= SAME else f"{largest:.3g}, too large"
    return f"{names} numbers, {columns} columns: the largest difference is {size}"


def _numbers(heading, column, formulas):
    missing, unknown = [n for n in formulas if n not in column], [n for n in column if n not in formulas]
    if missing or unknown:
        raise ValueError(
            f"the column {heading!r} needs a number for every name of the ledger; "
            f"missing: {', '.join(missing) or 'none'}; unknown: {', '.join(map(str, unknown)) or 'none'}"
        )
    try:
        return {name: float(column[name]) for name in formulas}
    except (TypeError, ValueError) as problem:
        raise ValueError(f"the column {heading!r} has an entry that is no number: {problem}") from problem
