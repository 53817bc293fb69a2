"""The data of the course: files in `data/`, point clouds from a seed, the split, a reader for MNIST.

    from micrograd_lite import datasets
    iris = datasets.load_iris()  # iris.X (150, 4) float64, iris.y (150,) int64
    X, y = datasets.two_moons(100, noise=0.1, seed=0)
    parts = datasets.train_val_test_split(X, y, val=0.2, test=0.2, seed=0)

A row is a sample. Nothing here downloads anything, and nothing scales: you get the numbers as they were
published, and the page that uses them says what it does to them. Origin, licence and units of the files:
`data/README.md`. The same seed gives the same bits in every process: random numbers come from
`np.random.default_rng(seed)`, and generated coordinates are rounded to 6 decimals, so that the last bit of a
machine's `cos` cannot show.
"""

import gzip
import hashlib
import math
import operator
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = [
    "Dataset",
    "Split",
    "load_breast_cancer",
    "load_digits",
    "load_iris",
    "load_mnist",
    "read_idx",
    "resample",
    "spirals",
    "train_val_test_split",
    "two_moons",
    "xor",
]

ROOT = Path(__file__).resolve().parent.parent  # the course folder: data/ lies beside the package

# name: (bytes, sha256). `tools/export_data.py` prints these; `data/README.md` repeats them.
FILES = {
    "iris.csv": (3878, "88ee6ef2304db285711bc3ad0dfa39b5c268767ffb4e57599c7eda87bce428b8"),
    "breast_cancer.csv": (124869, "a975fec362728c2767542f985e3ba674d3b5db7bfb99d10f1cb54545c1e5df36"),
    "digits.csv": (265358, "e482f666ab91061cb647345e1a80f3c3bc4f1d4a12c90ba3583021ce9c87e279"),
}

# name: (bytes, sha256), both of the content after unpacking, so that `x` and `x.gz` are checked alike.
MNIST_FILES = {
    "train-images-idx3-ubyte": (47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    "train-labels-idx1-ubyte": (60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    "t10k-images-idx3-ubyte": (7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    "t10k-labels-idx1-ubyte": (10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
}

# IDX type code -> NumPy type, big-endian as the format has it
IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """One data set: `X` (m, n), a sample per row; `y` (m,) int64, its class, an index into `target_names`."""

    name: str
    X: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]

    def __repr__(self):
        counts = np.bincount(self.y, minlength=len(self.target_names))
        classes = ", ".join(f"{name} {count}" for name, count in zip(self.target_names, counts, strict=True))
        return f"Dataset({self.name!r}: X {self.X.shape} {self.X.dtype}, y {self.y.shape}: {classes})"


class Split(NamedTuple):
    """What `train_val_test_split` returns; unpacks in this order."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


# --- files in data/ -----------------------------------------------------------------------------------------


def load_iris():
    """150 iris flowers, 4 lengths in cm, 3 species (Fisher 1936).

    X (150, 4): sepal length, sepal width, petal length, petal width. y: 0 setosa, 1 versicolor, 2 virginica,
    50 each. The numbers are those of Fisher's paper and of R, not those of the UCI copy, which differs in
    flowers 35 and 38.
    Errors: FileNotFoundError (no file), ValueError (truncated or altered file).
    """
    return _load_csv("iris.csv", ("setosa", "versicolor", "virginica"))


def load_breast_cancer():
    """569 breast masses, 30 measurements of their cell nuclei (Street, Wolberg and Mangasarian 1993).

    **y is 0 for malignant (212) and 1 for benign (357)**, as in scikit-learn. Class 1 is the *healthy* one: a
    "positive" of the network is a benign mass. Use `1 - y` where you want cancer to be class 1. X (569, 30):
    mean, standard error ("error") and worst value of 10 measurements each. Their scales differ widely (worst
    area up to 4254, fractal dimension error about 0.004): standardise before you train.
    Errors: FileNotFoundError (no file), ValueError (truncated or altered file).
    """
    return _load_csv("breast_cancer.csv", ("malignant", "benign"))


def load_digits(size=8):
    """1797 handwritten digits as images of size × size grey values (Alpaydin and Kaynak 1998).

    X (1797, size * size), row by row: `X[i].reshape(size, size)` is the picture. Values are **0 (paper) to 16
    (ink), not scaled**, in both sizes: divide by 16 for 0..1. y: the digit, 0..9. size=28 gives the 784
    inputs of the MNIST networks: the same 8 × 8 pictures enlarged by `resample`. They have no more detail
    than before, and they are not MNIST (`load_mnist` reads that).
    Errors: ValueError (another size; truncated or altered file), FileNotFoundError (no file).
    """
    if size not in (8, 28) or isinstance(size, bool):
        raise ValueError(f"load_digits expects size=8 (as published) or 28 (enlarged), got size={size!r}.")
    digits = _load_csv("digits.csv", tuple("0123456789"))
    if size == 8:
        return digits
    X = resample(digits.X.reshape(-1, 8, 8), 28).reshape(-1, 784)  # (1797, 8, 8) -> (1797, 784)
    return Dataset("digits 28x28", X, digits.y, _pixel_names(28), digits.target_names)


def _load_csv(name, target_names):
    header, *rows = [line.split(",") for line in _checked_text(name).splitlines()]
    y = np.array([target_names.index(row[0]) for row in rows], dtype=np.int64)  # (m,)
    X = np.array([[float(text) for text in row[1:]] for row in rows])  # (m, n)
    return Dataset(name.removesuffix(".csv"), X, y, tuple(header[1:]), target_names)


def _checked_text(name):
    """The text of `data/name`, or an error that says what is wrong with the file and how to restore it."""
    path = ROOT / "data" / name
    restore = (
        f"Restore it with `git checkout -- data/{name}` in the course folder, "
        "or download or clone the course again."
    )
    size, sha256 = FILES[name]
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(
            f"The data file data/{name} is missing; it belongs beside the folder micrograd_lite. {restore}"
        ) from None
    if hashlib.sha256(raw).hexdigest() == sha256:
        return raw.decode("ascii")
    if hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest() == sha256:
        wrong = "has Windows line ends (CRLF) where it was published with LF; an editor or git changed them"
    elif len(raw) < size:
        wrong = f"is truncated or altered: it has {len(raw)} bytes, expected {size}"
    else:
        wrong = f"is altered: it has {len(raw)} bytes, expected {size} with sha256 {sha256[:12]}…"
    raise ValueError(f"The data file data/{name} {wrong}. {restore}")


def _pixel_names(size):
    return tuple(f"pixel_{row}_{column}" for row in range(size) for column in range(size))


# --- enlarging images ---------------------------------------------------------------------------------------


def resample(images, size):
    """Bilinear resampling of square images, (..., n, n) -> (..., size, size) float64, range of values kept.

    The centre of output pixel i lies at (i + 1/2)·n/size - 1/2 in the input (beyond the edge, the edge pixel
    counts); its value is the mean of the two neighbours per axis, weighted by nearness. The same as PyTorch's
    `interpolate(mode="bilinear", align_corners=False)`. It is made to enlarge: shrinking to less than half
    skips pixels. The weights are whole numbers over (2·size)², so images of whole numbers give the same bits
    on every machine.
    Errors: ValueError for a shape that is not (..., n, n), or a size below 1; TypeError for a size that is no
    int.
    """
    images = np.asarray(images, dtype=np.float64)
    size = _whole_number("resample", "size", size, at_least=1)
    if images.ndim < 2 or images.shape[-1] != images.shape[-2] or images.shape[-1] == 0:
        raise ValueError(f"resample expects square images of shape (..., n, n), got shape {images.shape}.")
    weights = _bilinear_weights(images.shape[-1], size)  # (size, n)
    return weights @ images @ weights.T / (2 * size) ** 2


def _bilinear_weights(n, size):
    """Row i: how much each of the n input pixels counts for output pixel i, in units of 1 / (2·size)."""
    unit = 2 * size
    position = (2 * np.arange(size) + 1) * n - size  # (size,) whole numbers, in units
    position = np.clip(position, 0, (n - 1) * unit)
    left, share = np.divmod(position, unit)
    weights = np.zeros((size, n))
    weights[np.arange(size), left] += unit - share
    weights[np.arange(size), np.minimum(left + 1, n - 1)] += share
    return weights


# --- from a seed --------------------------------------------------------------------------------------------


def two_moons(n=100, noise=0.1, seed=0):
    """Two interleaving half circles, the geometry of scikit-learn's `make_moons`.

    Both have radius 1. Class 0 is the upper moon (cos t, sin t), class 1 the lower one (1 - cos t, 1/2 - sin
    t), t evenly spaced on 0..π; class 0 gets n // 2 points, class 1 the rest; Gaussian noise of standard
    deviation `noise` is added to both coordinates; the order is shuffled. Returns X (n, 2) float64, y (n,)
    int64 with labels **0 and 1**. A hinge loss wants -1 and +1: `2 * y - 1`.
    Errors: TypeError / ValueError unless n ≥ 2 is an int, noise ≥ 0 a finite number, seed ≥ 0 an int.
    """
    n, noise, rng = _checked_request("two_moons", n, 2, noise, seed)
    upper, lower = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    X = np.concatenate(
        [
            np.column_stack([np.cos(upper), np.sin(upper)]),
            np.column_stack([1 - np.cos(lower), 0.5 - np.sin(lower)]),
        ]
    )
    y = np.repeat([0, 1], [n // 2, n - n // 2])
    return _noisy_and_shuffled(X, y, noise, rng)


def spirals(n=200, noise=0.02, seed=0, turns=1.0):
    """Two spiral arms around the origin, the second turned by half a circle against the first.

    Radius r evenly spaced on 0.1..1, angle 2π·turns·r (class 1: plus π); class 0 gets n // 2 points, class 1
    the rest; Gaussian noise of standard deviation `noise` on both coordinates; shuffled. More turns are
    harder. One straight line can do little here. Returns X (n, 2) float64, y (n,) int64 with labels **0 and
    1** (`2 * y - 1` for -1 and +1).
    Errors: as `two_moons`; turns must be a finite number above 0.
    """
    n, noise, rng = _checked_request("spirals", n, 2, noise, seed)
    turns = _finite_number("spirals", "turns", turns)
    if turns <= 0:
        raise ValueError(f"spirals expects turns above 0, got turns={turns}.")
    y = np.repeat([0, 1], [n // 2, n - n // 2])
    radius = np.concatenate([np.linspace(0.1, 1, n // 2), np.linspace(0.1, 1, n - n // 2)])
    angle = 2 * np.pi * turns * radius + np.pi * y
    X = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return _noisy_and_shuffled(X, y, noise, rng)


def xor(n=4, noise=0.0, seed=0):
    """Exclusive or: the corners (0,0) (0,1) (1,0) (1,1) with labels 0 1 1 0.

    n=4, noise=0 is the truth table. With more points the corners repeat in this order (row i is corner i %
    4), each point moved by Gaussian noise of standard deviation `noise`; at 0.1 almost no point crosses the
    middle.
    Returns X (n, 2) float64, y (n,) int64 with labels **0 and 1** (`2 * y - 1` for -1 and +1).
    Errors: as `two_moons`, with n ≥ 4.
    """
    n, noise, rng = _checked_request("xor", n, 4, noise, seed)
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    which = np.arange(n) % 4
    X = corners[which] + noise * rng.standard_normal((n, 2))
    return X.round(6) + 0.0, np.array([0, 1, 1, 0], dtype=np.int64)[which]  # + 0.0 turns -0.0 into 0.0


def _noisy_and_shuffled(X, y, noise, rng):
    order = rng.permutation(len(y))
    X = X[order] + noise * rng.standard_normal(X.shape)
    return X.round(6) + 0.0, y[order].astype(np.int64)  # + 0.0 turns -0.0 into 0.0


def _checked_request(function, n, least, noise, seed):
    n = _whole_number(function, "n", n, at_least=least)
    noise = _finite_number(function, "noise", noise)
    if noise < 0:
        raise ValueError(f"{function} expects noise of 0 or more (a standard deviation), got noise={noise}.")
    return n, noise, np.random.default_rng(_whole_number(function, "seed", seed, at_least=0))


def _whole_number(function, name, value, at_least):
    try:
        number = None if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise TypeError(f"{function} expects {name} to be an int, got {value!r}.")
    if number < at_least:
        raise ValueError(f"{function} expects {name} of {at_least} or more, got {name}={number}.")
    return number


def _finite_number(function, name, value):
    try:
        number = None if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError):
        number = None
    if number is None:
        raise TypeError(f"{function} expects {name} to be a number, got {value!r}.")
    if not math.isfinite(number):
        raise ValueError(f"{function} expects {name} to be finite, got {name}={number}.")
    return number


# --- the split ----------------------------------------------------------------------------------------------


def train_val_test_split(X, y, val=0.2, test=0.2, seed=0):
    """Deal the samples out to training, validation and test: seeded, stratified, each sample exactly once.

    Stratified: every class is split by itself, so each part has the classes in the proportions of the whole.
    Of a class with c samples, val·c (rounded, at least 1) go to validation, test·c to test, the rest to
    training. A fraction of 0 leaves that part empty. Each part is shuffled. X (m, ...) any array with a
    sample per row, y (m,) one class per sample. Returns a `Split` of six arrays: X_train, y_train, X_val,
    y_val, X_test, y_test.
    Why three parts: Goodfellow et al. (2016), §5.3.
    Errors: ValueError for fractions below 0 or of sum 1 or more, lengths that differ, NaN or infinity, and a
    class too small to be in every part; TypeError for what is not a number.
    """
    X, y = _checked_samples(X, y)
    val = _finite_number("train_val_test_split", "val", val)
    test = _finite_number("train_val_test_split", "test", test)
    if val < 0 or test < 0 or val + test >= 1:
        raise ValueError(
            "train_val_test_split expects val and test of 0 or more with a sum below 1 (the rest is for "
            f"training), got val={val} and test={test}."
        )
    rng = np.random.default_rng(_whole_number("train_val_test_split", "seed", seed, at_least=0))
    parts = ([], [], [])  # row numbers for training, validation, test
    for label in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == label))
        n_val, n_test = _share(len(rows), val), _share(len(rows), test)
        n_train = len(rows) - n_val - n_test
        if n_train < 1:
            raise ValueError(
                f"train_val_test_split: class {label} has {_samples(len(rows))}. val={val} takes {n_val}, "
                f"test={test} takes {n_test}, which leaves none for training. "
                "Take smaller fractions, or more samples of this class."
            )
        for part, chosen in zip(parts, np.split(rows, [n_train, n_train + n_val]), strict=True):
            part.append(chosen)
    orders = [rng.permutation(np.concatenate(part)) for part in parts]
    return Split(*(array[order] for order in orders for array in (X, y)))


def _share(count, fraction):
    return max(1, int(count * fraction + 0.5)) if fraction > 0 else 0


def _samples(count):
    return "1 sample" if count == 1 else f"{count} samples"


def _checked_samples(X, y):
    X, y = np.asarray(X), np.asarray(y)
    for name, array, kinds in (("X", X, "biuf"), ("y", y, "biufU")):
        if array.dtype.kind not in kinds:
            raise TypeError(f"train_val_test_split expects numbers in {name}, got an array of {array.dtype}.")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            row = int(np.argwhere(~np.isfinite(array))[0, 0]) if array.ndim else 0
            raise ValueError(
                f"train_val_test_split: {name} has NaN or infinity, first in row {row}. "
                "Remove or fill such rows before you split."
            )
    if y.ndim != 1 or X.ndim < 1 or len(X) != len(y) or len(y) == 0:
        raise ValueError(
            "train_val_test_split expects X of shape (m, ...) and y of shape (m,) with the same m above 0, "
            f"got X {X.shape} and y {y.shape}."
        )
    return X, y


# --- MNIST files --------------------------------------------------------------------------------------------


def load_mnist(folder=None):
    """Real MNIST (LeCun, Bottou, Bengio and Haffner 1998), if you have its four files. Returns (train, test).

    Put the files, packed (.gz) or unpacked, into `data/mnist` of the course, or name another folder. Nothing
    is downloaded. Both are a `Dataset`: X (60000, 784) and (10000, 784) of type **uint8, 0 (paper) to 255
    (ink)**, 47 MB and 8 MB; divide by 255 for float64 in 0..1 (eight times the memory). y int64, the digit.
    Size and sha256 of each file's unpacked content are checked.
    Errors: FileNotFoundError (names the missing files and where they go), ValueError (a damaged or different
    file).
    """
    folder = ROOT / "data" / "mnist" if folder is None else Path(folder)
    paths = {name: _plain_or_gz(folder, name) for name in MNIST_FILES}
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        lacks = "its files" if len(missing) == len(paths) else ", ".join(missing)
        raise FileNotFoundError(
            f"MNIST is not here: {_shown(folder)} lacks {lacks}. MNIST is the four files "
            f"{', '.join(MNIST_FILES)} (each may end in .gz). The course downloads nothing: get them "
            f"yourself and put them into {_shown(folder)}; data/README.md says where they are published. "
            "Without them, load_digits(size=28) has the same 784 inputs."
        )
    arrays = [_checked_mnist_array(path, *MNIST_FILES[name]) for name, path in paths.items()]
    return _mnist_part("mnist train", *arrays[:2]), _mnist_part("mnist test", *arrays[2:])


def _plain_or_gz(folder, name):
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _checked_mnist_array(path, size, sha256):
    raw = _unpacked(path)
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise ValueError(
            f"{_shown(path)} is not the published MNIST file: unpacked it has {len(raw)} bytes, expected "
            f"{size} with sha256 {sha256[:12]}…. It may be cut off, or another data set under the same name "
            "(Fashion-MNIST). Download it again, or read it as it is with read_idx."
        )
    return _parse_idx(raw, _shown(path))


def _mnist_part(name, images, labels):
    X = images.reshape(len(images), -1)  # (m, 28, 28) -> (m, 784)
    return Dataset(name, X, labels.astype(np.int64), _pixel_names(28), tuple("0123456789"))


def read_idx(path):
    """Read one IDX file, the format of MNIST, packed by gzip or not, as an array of the shape it states.

    Format: two zero bytes, one byte for the type (8 uint8, 9 int8, 11 int16, 12 int32, 13 float32, 14
    float64), one byte for the number of axes, one big-endian uint32 per axis, then the values, big-endian,
    last axis fastest.
    Errors: FileNotFoundError; ValueError for a file that is no IDX file, is cut off, or is longer than it
    says.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"read_idx: there is no file {_shown(path)}. Check the folder and the name.")
    return _parse_idx(_unpacked(path), _shown(path))


def _unpacked(path):
    raw = path.read_bytes()
    if raw[:2] != b"\x1f\x8b":  # not gzip
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(
            f"{_shown(path)} is a damaged gzip file ({error}). It may have been cut off: get it again."
        ) from error


def _parse_idx(raw, shown):
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in IDX_TYPES or raw[3] == 0:
        raise ValueError(
            f"{shown} is not an IDX file: it begins with the bytes {raw[:4].hex(' ') or '(none)'}, expected "
            "00 00, a type code 08, 09 or 0b to 0e, and the number of axes (MNIST: 00 00 08 03 for images, "
            "00 00 08 01 for labels). Get it again."
        )
    dtype, axes = np.dtype(IDX_TYPES[raw[2]]), raw[3]
    start = 4 + 4 * axes
    if len(raw) < start:
        raise ValueError(f"{shown} is cut off: {len(raw)} bytes, its header alone has {start}. Get it again.")
    shape = tuple(int(length) for length in np.frombuffer(raw, ">u4", axes, offset=4))
    expected = start + math.prod(shape) * dtype.itemsize
    if len(raw) != expected:
        wrong = "cut off" if len(raw) < expected else "longer than it says"
        raise ValueError(
            f"{shown} is {wrong}: {len(raw)} bytes, but shape {shape} of {dtype.newbyteorder('=')} needs "
            f"{expected}. Get it again."
        )
    return np.frombuffer(raw, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def _shown(path):
    """The path as a message shows it: from the course folder where it lies inside, as given otherwise."""
    path = Path(path)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
