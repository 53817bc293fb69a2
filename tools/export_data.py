"""Write the data sets in `data/` anew from the copies bundled with scikit-learn.

Not needed to use the course. It documents where each byte of `data/` comes from:

    python -m pip install scikit-learn==1.9.1
    python tools/export_data.py

Each file is a CSV: one header line, then one sample per line, the class first. Floats are written with
`repr`, the shortest text that reads back as the same float64. Lines end in "\\n" on every system. The script
reads each file back, stops if one number differs from scikit-learn's array, and prints size and sha256 for
`micrograd_lite/datasets.py` and `data/README.md`.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_digits, load_iris

DATA = Path(__file__).resolve().parent.parent / "data"


def as_csv(class_column, bunch, number):
    """One data set as CSV text; `number` turns one value of X into text."""
    lines = [",".join([class_column, *map(str, bunch.feature_names)])]
    for values, label in zip(bunch.data, bunch.target, strict=True):
        lines.append(",".join([str(bunch.target_names[label]), *map(number, values)]))
    return "\n".join(lines) + "\n"


def check_round_trip(path, bunch):
    """Read the file back with plain Python and compare every number and label with scikit-learn's."""
    _, *rows = [line.split(",") for line in path.read_text(encoding="ascii").splitlines()]
    X = np.array([[float(text) for text in row[1:]] for row in rows])
    names = [row[0] for row in rows]
    if not np.array_equal(X, bunch.data) or names != [str(bunch.target_names[k]) for k in bunch.target]:
        raise SystemExit(f"{path.name}: what was written does not read back as scikit-learn's arrays")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=DATA, help="folder to write to (default: data/)")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    jobs = {
        "iris.csv": ("species", load_iris(), lambda v: repr(float(v))),
        "breast_cancer.csv": ("diagnosis", load_breast_cancer(), lambda v: repr(float(v))),
        "digits.csv": ("digit", load_digits(), lambda v: str(int(v))),  # whole numbers 0..16
    }
    print(f"scikit-learn {sklearn.__version__}")
    for name, (class_column, bunch, number) in jobs.items():
        raw = as_csv(class_column, bunch, number).encode("ascii")
        (out / name).write_bytes(raw)
        check_round_trip(out / name, bunch)
        print(f"{name}  {len(raw)} bytes  {hashlib.sha256(raw).hexdigest()}")


if __name__ == "__main__":
    main()
