"""The data sets against papers and UCI, the generators against their geometry, the files against damage."""

import dataclasses
import gzip
import hashlib
import math
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from micrograd_lite import datasets

REPO = Path(__file__).resolve().parent.parent
CSV_FILES = ("iris.csv", "breast_cancer.csv", "digits.csv")
LOADERS = {
    "iris.csv": datasets.load_iris,
    "breast_cancer.csv": datasets.load_breast_cancer,
    "digits.csv": datasets.load_digits,
}


# --- what is in the files -----------------------------------------------------------------------------------


def test_iris_has_the_means_and_classes_of_fishers_paper():
    iris = datasets.load_iris()
    assert iris.X.shape == (150, 4) and iris.X.dtype == np.float64
    assert iris.y.shape == (150,) and iris.y.dtype == np.int64
    # R's summary(iris): 5.843 3.057 3.758 1.199; UCI's copy has 3.054 in the second place
    assert iris.X.mean(axis=0).round(3).tolist() == [5.843, 3.057, 3.758, 1.199]
    assert np.bincount(iris.y).tolist() == [50, 50, 50]
    assert iris.target_names == ("setosa", "versicolor", "virginica")
    assert iris.feature_names[2] == "petal length (cm)"
    # class means, Fisher (1936), table 1: setosa's petals are the small ones
    assert iris.X[iris.y == 0].mean(axis=0).round(3).tolist() == [5.006, 3.428, 1.462, 0.246]


def test_iris_flowers_35_and_38_are_those_of_the_paper_not_of_uci():
    X = datasets.load_iris().X
    assert X[34].tolist() == [4.9, 3.1, 1.5, 0.2]
    assert X[37].tolist() == [4.9, 3.6, 1.4, 0.1]


def test_breast_cancer_codes_malignant_0_and_benign_1():
    cancer = datasets.load_breast_cancer()
    assert cancer.X.shape == (569, 30) and cancer.X.dtype == np.float64 and cancer.y.dtype == np.int64
    assert cancer.target_names == ("malignant", "benign")
    assert np.bincount(cancer.y).tolist() == [212, 357]
    radius = cancer.X[:, cancer.feature_names.index("mean radius")]
    assert radius.min() == 6.981 and radius.max() == 28.11  # UCI's summary
    assert (
        radius[cancer.y == 0].mean() > radius[cancer.y == 1].mean() + 4
    )  # malignant nuclei are the large ones
    assert cancer.X[:, cancer.feature_names.index("worst area")].max() == 4254.0
    assert cancer.X[0, :4].tolist() == [17.99, 10.38, 122.8, 1001.0]


def test_digits_have_ucis_class_counts_and_whole_values_from_0_to_16():
    digits = datasets.load_digits()
    assert digits.X.shape == (1797, 64) and digits.X.dtype == np.float64
    assert np.bincount(digits.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert digits.X.min() == 0 and digits.X.max() == 16
    assert np.array_equal(digits.X, digits.X.round())
    assert digits.feature_names[9] == "pixel_1_1" and digits.target_names[7] == "7"
    zero = digits.X[0].reshape(8, 8)  # a zero: ink on the left and right, paper in the middle
    assert (
        digits.y[0] == 0 and zero[3:5, 3:5].sum() == 0 and zero[4, 1:3].sum() > 0 and zero[4, 5:7].sum() > 0
    )


@pytest.mark.parametrize("load", LOADERS.values())
def test_data_are_finite_fresh_arrays_with_matching_names(load):
    data = load()
    assert np.isfinite(data.X).all()
    assert len(data.feature_names) == data.X.shape[1]
    assert sorted(set(data.y.tolist())) == list(range(len(data.target_names)))
    data.X[:] = 0  # a learner's in-place scaling must not leak into the next load
    assert load().X.any()
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.X = None


def test_the_csv_text_gives_the_float64_back_exactly():
    lines = (REPO / "data" / "breast_cancer.csv").read_text().splitlines()
    X = datasets.load_breast_cancer().X
    for line, row in zip(lines[1:], X, strict=True):
        assert line.split(",")[1:] == [repr(float(value)) for value in row]


def test_readme_code_and_files_agree_on_sha256_and_size():
    readme = (REPO / "data" / "README.md").read_text(encoding="utf-8")
    for name in CSV_FILES:
        raw = (REPO / "data" / name).read_bytes()
        sha256 = hashlib.sha256(raw).hexdigest()
        assert datasets.FILES[name] == (len(raw), sha256)
        assert f"{sha256}  {name}" in readme
        assert re.search(rf"\| `{name}` \|.*\| {len(raw)} \|", readme)
        assert b"\r" not in raw and raw.endswith(b"\n")
    for name, (size, sha256) in datasets.MNIST_FILES.items():
        assert f"| `{name}` | {size} | `{sha256}` |" in readme


def test_git_keeps_the_line_ends_of_the_data_on_every_system():
    assert "data/*.csv -text" in (REPO / ".gitattributes").read_text().splitlines()


def test_repr_shows_shape_and_classes_on_one_line():
    assert repr(datasets.load_breast_cancer()) == (
        "Dataset('breast_cancer': X (569, 30) float64, y (569,): malignant 212, benign 357)"
    )


# --- 28 x 28 ------------------------------------------------------------------------------------------------


def test_digits_28_have_784_columns_in_the_same_range():
    small, large = datasets.load_digits(), datasets.load_digits(size=28)
    assert large.X.shape == (1797, 784) and large.X.dtype == np.float64
    assert len(large.feature_names) == 784 and large.feature_names[-1] == "pixel_27_27"
    assert large.X.min() >= 0 and large.X.max() <= 16
    assert np.array_equal(small.y, large.y)


def test_resample_equals_pytorchs_bilinear_interpolation():
    images = datasets.load_digits().X[:50].reshape(-1, 8, 8)
    for size in (28, 16, 9, 8, 5):
        expected = torch.nn.functional.interpolate(
            torch.tensor(images)[:, None], size=(size, size), mode="bilinear", align_corners=False
        )[:, 0].numpy()
        np.testing.assert_allclose(datasets.resample(images, size), expected, rtol=0, atol=1e-12)


def test_resample_of_two_pixels_by_hand():
    # centres of 4 output pixels at -1/4, 1/4, 3/4, 5/4 between inputs at 0 and 1
    assert datasets.resample([[0, 4], [0, 4]], 4)[0].tolist() == [0, 1, 3, 4]


@given(value=st.integers(0, 16), n=st.integers(1, 9), size=st.integers(1, 30))
def test_a_constant_image_stays_exactly_constant(value, n, size):
    assert (datasets.resample(np.full((n, n), value), size) == value).all()


@given(seed=st.integers(0, 1000), size=st.integers(1, 30))
def test_mirroring_and_resampling_commute_and_the_range_is_kept(seed, size):
    image = np.random.default_rng(seed).integers(0, 17, (8, 8))
    out = datasets.resample(image, size)
    assert np.array_equal(datasets.resample(image[:, ::-1], size), out[:, ::-1])
    assert np.array_equal(datasets.resample(image[::-1], size), out[::-1])
    assert np.array_equal(datasets.resample(image.T, size), out.T)
    assert image.min() <= out.min() and out.max() <= image.max()


@pytest.mark.parametrize("size", [0, 27, "28", None, True])
def test_digits_of_another_size_are_refused(size):
    with pytest.raises(ValueError, match=r"size=8 .* 28 .*got size="):
        datasets.load_digits(size=size)


def test_resample_refuses_what_is_not_square():
    with pytest.raises(ValueError, match=r"square images .* got shape \(2, 3\)"):
        datasets.resample(np.zeros((2, 3)), 28)
    with pytest.raises(ValueError, match="size of 1 or more, got size=0"):
        datasets.resample(np.zeros((2, 2)), 0)
    with pytest.raises(TypeError, match=r"size to be an int, got 2.5"):
        datasets.resample(np.zeros((2, 2)), 2.5)


# --- missing and damaged files ------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of data/ that a test may damage."""
    shutil.copytree(REPO / "data", tmp_path / "data")
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    return tmp_path / "data"


@pytest.mark.parametrize("name", CSV_FILES)
def test_a_missing_file_is_named_with_its_remedy(copy, name):
    (copy / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"data/{name} is missing.*git checkout -- data/{name}`"):
        LOADERS[name]()


@pytest.mark.parametrize("name", CSV_FILES)
def test_a_truncated_file_is_named_with_both_sizes(copy, name):
    raw = (copy / name).read_bytes()
    (copy / name).write_bytes(raw[:-100])
    sizes = f"{len(raw) - 100} bytes, expected {len(raw)}"
    with pytest.raises(ValueError, match=rf"data/{name} is truncated.*{sizes}.*git checkout -- data/{name}`"):
        LOADERS[name]()


@pytest.mark.parametrize("name", CSV_FILES)
@pytest.mark.parametrize("where", [0, 0.5, -1])
def test_one_flipped_bit_is_found(copy, name, where):
    raw = bytearray((copy / name).read_bytes())
    raw[int(where * len(raw))] ^= 1
    (copy / name).write_bytes(raw)
    with pytest.raises(ValueError, match=rf"data/{name} is altered.*git checkout -- data/{name}`"):
        LOADERS[name]()


def test_an_added_line_is_found(copy):
    with (copy / "iris.csv").open("ab") as file:
        file.write(b"setosa,1.0,1.0,1.0,1.0\n")
    with pytest.raises(ValueError, match=r"data/iris.csv is altered: it has 3901 bytes, expected 3878"):
        datasets.load_iris()


def test_an_empty_file_is_found(copy):
    (copy / "iris.csv").write_bytes(b"")
    with pytest.raises(ValueError, match="truncated or altered: it has 0 bytes"):
        datasets.load_iris()


def test_a_file_that_git_gave_windows_line_ends_is_read_as_published(copy):
    published = datasets.load_iris()
    raw = (copy / "iris.csv").read_bytes()
    (copy / "iris.csv").write_bytes(raw.replace(b"\n", b"\r\n"))
    assert np.array_equal(datasets.load_iris().X, published.X)
    (copy / "iris.csv").write_bytes(raw.replace(b"\n", b"\r\n").replace(b"5.1", b"5.2", 1))
    with pytest.raises(ValueError, match=r"data/iris\.csv is"):
        datasets.load_iris()


def test_error_messages_hold_no_path_of_this_machine(copy):
    (copy / "iris.csv").unlink()
    with pytest.raises(FileNotFoundError) as missing:
        datasets.load_iris()
    with pytest.raises(FileNotFoundError) as no_mnist:
        datasets.load_mnist()
    for error in (missing, no_mnist):
        assert str(copy.parent) not in str(error.value)


def python(code, cwd, root, **environment):
    """Run code in a fresh interpreter that imports the package from `root`; its stdout."""
    env = {**os.environ, "PYTHONPATH": str(root), **environment}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_handout_copy_finds_its_own_data_from_any_folder(tmp_path):
    handout, elsewhere = tmp_path / "handout with spaces", tmp_path / "elsewhere"
    shutil.copytree(REPO / "data", handout / "data")
    shutil.copytree(
        REPO / "micrograd_lite", handout / "micrograd_lite", ignore=shutil.ignore_patterns("__pycache__")
    )
    elsewhere.mkdir()
    code = "from micrograd_lite import datasets as d; print(d.ROOT); print(d.load_iris().X.shape)"
    root, shape = python(code, elsewhere, handout).splitlines()
    assert Path(root) == handout.resolve() and shape == "(150, 4)"


def test_importing_datasets_loads_neither_matplotlib_nor_torch_nor_sklearn(tmp_path):
    code = (
        "import sys, micrograd_lite.datasets\n"
        "print([m for m in ('matplotlib', 'torch', 'sklearn', 'pandas', 'scipy') if m in sys.modules])"
    )
    assert python(code, tmp_path, REPO).strip() == "[]"


# --- from a seed --------------------------------------------------------------------------------------------

GENERATORS = (datasets.two_moons, datasets.spirals, datasets.xor)
FINGERPRINT = """
import hashlib
from micrograd_lite import datasets as d
h = hashlib.sha256()
for make in (d.two_moons, d.spirals, d.xor):
    X, y = make(101, noise=0.2, seed=7)
    h.update(X.astype("<f8").tobytes() + y.astype("<i8").tobytes())
    for part in d.train_val_test_split(X, y, seed=7):
        h.update(part.astype("<f8").tobytes())
h.update(d.load_digits(28).X.astype("<f8").tobytes())
print(h.hexdigest())
"""


def test_the_same_seed_gives_the_same_bits_in_every_process(tmp_path):
    runs = {
        python(FINGERPRINT, tmp_path, REPO, PYTHONHASHSEED=str(k), OMP_NUM_THREADS=str(k)) for k in (1, 2)
    }
    assert len(runs) == 1


@pytest.mark.parametrize("make", GENERATORS)
def test_another_seed_gives_other_points(make):
    assert not np.array_equal(make(50, noise=0.1, seed=0)[0], make(50, noise=0.1, seed=1)[0])


@pytest.mark.parametrize("make", GENERATORS)
@pytest.mark.parametrize("n", [4, 5, 100, 101])
def test_shapes_types_labels_and_balance(make, n):
    X, y = make(n, noise=0.1, seed=3)
    assert X.shape == (n, 2) and X.dtype == np.float64 and y.shape == (n,) and y.dtype == np.int64
    assert set(y.tolist()) == {0, 1} and abs((y == 0).sum() - (y == 1).sum()) <= 1


def test_moons_without_noise_lie_on_their_two_half_circles():
    X, y = datasets.two_moons(101, noise=0, seed=0)
    upper, lower = X[y == 0], X[y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, atol=2e-6)
    assert upper[:, 1].min() >= 0 and upper[:, 1].max() > 0.99
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1, atol=2e-6)
    assert lower[:, 1].max() <= 0.5 and lower[:, 1].min() < -0.49
    assert (len(upper), len(lower)) == (50, 51)
    for corner in ([1, 0], [-1, 0]):
        assert corner in upper.tolist()
    for corner in ([0, 0.5], [2, 0.5]):
        assert corner in lower.tolist()


def test_moons_are_shuffled_and_noise_has_the_stated_size():
    clean, y = datasets.two_moons(4000, noise=0, seed=5)
    noisy, same_y = datasets.two_moons(4000, noise=0.3, seed=5)
    assert np.array_equal(y, same_y) and 0 < y[:100].sum() < 100
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.05)
    assert (noisy - clean).mean() == pytest.approx(0, abs=0.02)


def test_spirals_without_noise_turn_as_often_as_asked_and_mirror_each_other():
    X, y = datasets.spirals(200, noise=0, seed=0, turns=1.5)
    for label in (0, 1):
        arm = X[y == label]
        radius = np.hypot(*arm.T)
        arm, radius = arm[np.argsort(radius)], np.sort(radius)
        np.testing.assert_allclose([radius[0], radius[-1]], [0.1, 1.0], atol=2e-6)
        angle = np.unwrap(np.arctan2(arm[:, 1], arm[:, 0]))
        assert angle[-1] - angle[0] == pytest.approx(2 * math.pi * 1.5 * 0.9, abs=1e-4)
    one, other = sorted(X[y == 0].tolist()), sorted((-X[y == 1]).tolist())
    np.testing.assert_allclose(one, other, atol=2e-6)


def test_xor_of_four_is_the_truth_table():
    X, y = datasets.xor()
    assert X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]] and y.tolist() == [0, 1, 1, 0]


def test_noisy_xor_follows_the_rule_of_its_corners():
    X, y = datasets.xor(400, noise=0.05, seed=2)
    sides = X > 0.5
    assert np.array_equal(y, (sides[:, 0] != sides[:, 1]).astype(int))
    assert 0 < np.abs(X - X.round()).mean() < 0.1


@pytest.mark.parametrize(
    ("error", "arguments", "message"),
    [
        (ValueError, {"n": 1}, "n of [24] or more, got n=1"),
        (TypeError, {"n": 10.0}, "n to be an int, got 10.0"),
        (TypeError, {"n": True}, "n to be an int, got True"),
        (ValueError, {"noise": -0.1}, "noise of 0 or more .*got noise=-0.1"),
        (ValueError, {"noise": math.nan}, "noise to be finite, got noise=nan"),
        (TypeError, {"noise": "0.1"}, "noise to be a number, got '0.1'"),
        (TypeError, {"noise": None}, "noise to be a number, got None"),
        (TypeError, {"seed": None}, "seed to be an int, got None"),
        (ValueError, {"seed": -1}, "seed of 0 or more, got seed=-1"),
    ],
)
@pytest.mark.parametrize("make", GENERATORS)
def test_bad_requests_say_what_was_given(make, error, arguments, message):
    with pytest.raises(error, match=f"{make.__name__} expects {message}"):
        make(**arguments)


def test_spirals_refuse_turns_that_do_not_turn():
    with pytest.raises(ValueError, match=r"turns above 0, got turns=0.0"):
        datasets.spirals(turns=0)


# --- the split ----------------------------------------------------------------------------------------------


@given(
    counts=st.lists(st.integers(12, 60), min_size=1, max_size=5),
    val=st.floats(0, 0.4),
    test=st.floats(0, 0.4),
    seed=st.integers(0, 2**32),
)
def test_split_deals_every_sample_once_and_keeps_the_proportions(counts, val, test, seed):
    y = np.repeat(np.arange(len(counts)), counts)
    X = np.arange(len(y))[:, None] * 1.0  # the row number marks the sample
    split = datasets.train_val_test_split(X, y, val=val, test=test, seed=seed)
    rows = np.concatenate([split.X_train, split.X_val, split.X_test])[:, 0].astype(int)
    assert sorted(rows.tolist()) == list(range(len(y)))
    for part_X, part_y, fraction in (
        (split.X_train, split.y_train, 1 - val - test),
        (split.X_val, split.y_val, val),
        (split.X_test, split.y_test, test),
    ):
        assert np.array_equal(part_y, y[part_X[:, 0].astype(int)])  # labels stay with their samples
        for label, count in enumerate(counts):
            share = (part_y == label).sum()
            # half a sample of rounding per part; "at least 1" can take one whole one; training bears both
            assert abs(share - fraction * count) <= (2 if fraction == 1 - val - test else 1) + 1e-9
            assert share >= 1 or fraction == 0


def test_split_sizes_by_hand():
    iris = datasets.load_iris()
    split = datasets.train_val_test_split(iris.X, iris.y, val=0.2, test=0.1, seed=0)
    assert split.X_train.shape == (105, 4) and split.X_val.shape == (30, 4) and split.X_test.shape == (15, 4)
    for part, each in ((split.y_train, 35), (split.y_val, 10), (split.y_test, 5)):
        assert np.bincount(part).tolist() == [each] * 3
        assert part.tolist() != sorted(part.tolist())  # shuffled
    X_train, y_train, *_ = split
    assert X_train is split.X_train and y_train is split.y_train


def test_split_depends_on_the_seed_only():
    X, y = datasets.two_moons(60, seed=1)
    first, again, other = (datasets.train_val_test_split(X, y, seed=s) for s in (4, 4, 5))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    for part in ("X_train", "X_val", "X_test"):  # other samples, not only another order
        assert sorted(getattr(first, part).tolist()) != sorted(getattr(other, part).tolist())


def test_split_leaves_a_part_of_fraction_0_empty_and_takes_images_lists_and_names():
    X, y = np.zeros((10, 8, 8), dtype=np.float32), ["cat"] * 5 + ["dog"] * 5
    split = datasets.train_val_test_split(X, y, val=0, test=0.2)
    assert split.X_val.shape == (0, 8, 8) and split.X_train.dtype == np.float32
    assert sorted(split.y_test.tolist()) == ["cat", "dog"]


@pytest.mark.parametrize(
    ("error", "arguments", "message"),
    [
        (ValueError, {"val": 0.5, "test": 0.5}, r"sum below 1 .*got val=0.5 and test=0.5"),
        (ValueError, {"val": -0.1}, r"got val=-0.1 and test=0.2"),
        (ValueError, {"test": math.nan}, "test to be finite, got test=nan"),
        (TypeError, {"val": "0.2"}, "val to be a number, got '0.2'"),
        (TypeError, {"seed": None}, "seed to be an int, got None"),
        (ValueError, {"X": np.zeros((9, 2))}, r"same m above 0, got X \(9, 2\) and y \(10,\)"),
        (ValueError, {"y": np.zeros((10, 1))}, r"got X \(10, 2\) and y \(10, 1\)"),
        (ValueError, {"X": np.zeros((0, 2)), "y": np.zeros(0)}, r"got X \(0, 2\) and y \(0,\)"),
        (ValueError, {"X": np.diag([1.0, math.nan] * 5)}, "X has NaN or infinity, first in row 1"),
        (ValueError, {"y": np.array([0, 1, math.nan] + [1] * 7)}, "y has NaN or infinity, first in row 2"),
        (
            ValueError,
            {"y": np.array([0] * 9 + [5])},
            "class 5 has 1 sample. val=0.2 takes 1, test=0.2 takes 1",
        ),
        (ValueError, {"y": np.array([0] * 8 + [5] * 2)}, "class 5 has 2 samples.*smaller fractions, or more"),
        (ValueError, {"val": 0.45, "test": 0.5}, "class 0 has 5 samples.*leaves none for training"),
        (TypeError, {"X": np.array([None] * 10)}, "numbers in X, got an array of object"),
    ],
)
def test_impossible_splits_say_why(error, arguments, message):
    request = {"X": np.zeros((10, 2)), "y": np.repeat([0, 1], 5)} | arguments
    with pytest.raises(error, match=f"train_val_test_split.*{message}"):
        datasets.train_val_test_split(**request)


# --- IDX and MNIST ------------------------------------------------------------------------------------------

IDX_CODES = {"B": 0x08, "b": 0x09, "h": 0x0B, "i": 0x0C, "f": 0x0D, "d": 0x0E}  # struct's letter -> IDX code


def idx_bytes(letter, shape, values):
    head = struct.pack(f">HBB{len(shape)}I", 0, IDX_CODES[letter], len(shape), *shape)
    return head + struct.pack(f">{len(values)}{letter}", *values)


@pytest.mark.parametrize("letter", IDX_CODES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx_reads_every_type_packed_or_not(tmp_path, letter, pack):
    values = [1, 2, 3, 4, 5, 127] if letter in "Bb" else [-1, 0, 1, 2, 300, -30000]
    path = tmp_path / "some-idx-file"
    path.write_bytes(pack(idx_bytes(letter, (2, 3), values)))
    array = datasets.read_idx(path)
    assert array.dtype == np.dtype(letter) and array.dtype.isnative
    assert array.tolist() == [values[:3], values[3:]]
    array += 1  # writable


@given(shape=st.lists(st.integers(0, 4), min_size=1, max_size=4), data=st.data())
def test_idx_round_trip_for_any_shape(tmp_path_factory, shape, data):
    values = data.draw(st.lists(st.integers(0, 255), min_size=math.prod(shape), max_size=math.prod(shape)))
    path = tmp_path_factory.mktemp("idx") / "x"
    path.write_bytes(idx_bytes("B", shape, values))
    array = datasets.read_idx(str(path))
    assert array.shape == tuple(shape) and array.ravel().tolist() == values


GOOD = idx_bytes("B", (2, 3), range(6))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", r"not an IDX file: it begins with the bytes \(none\)"),
        (b"<html>not found</html>", "not an IDX file: it begins with the bytes 3c 68 74 6d"),
        (b"\0\0\x0a\x01" + bytes(8), "not an IDX file: it begins with the bytes 00 00 0a 01"),
        (b"\0\0\x08\0", "not an IDX file"),
        (GOOD[:9], "cut off: 9 bytes, its header alone has 12"),
        (GOOD[:-1], r"cut off: 17 bytes, but shape \(2, 3\) of uint8 needs 18"),
        (GOOD + b"\0", r"longer than it says: 19 bytes, but shape \(2, 3\) of uint8 needs 18"),
        (
            b"\0\0\x08\x03" + b"\xff" * 12,
            "cut off: 16 bytes",
        ),  # a shape of 4 billion cubed asks for no memory
        (gzip.compress(GOOD, mtime=0)[:-9], "damaged gzip file"),
        (gzip.compress(GOOD, mtime=0)[:12] + b"\xff" * 20, "damaged gzip file"),
    ],
)
def test_damaged_idx_files_are_named_with_what_is_wrong(tmp_path, raw, message):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=f"train-images-idx3-ubyte is (a )?{message}.*[Gg]et it again"):
        datasets.read_idx(path)


def test_a_missing_idx_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*nowhere-idx3-ubyte"):
        datasets.read_idx(tmp_path / "nowhere-idx3-ubyte")


MNIST_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@pytest.fixture
def small_mnist(tmp_path, monkeypatch):
    """Four IDX files with 3 training and 2 test images; their checksums replace the published ones."""
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    pixels = [k % 256 for k in range(3 * 784)]
    contents = (
        idx_bytes("B", (3, 28, 28), pixels),
        idx_bytes("B", (3,), [5, 0, 4]),
        idx_bytes("B", (2, 28, 28), pixels[: 2 * 784]),
        idx_bytes("B", (2,), [7, 2]),
    )
    checks = {
        name: (len(raw), hashlib.sha256(raw).hexdigest())
        for name, raw in zip(MNIST_NAMES, contents, strict=True)
    }
    monkeypatch.setattr(datasets, "MNIST_FILES", checks)
    for k, (name, raw) in enumerate(zip(MNIST_NAMES, contents, strict=True)):
        if k % 2:  # two files plain, two packed
            (folder / name).write_bytes(raw)
        else:
            (folder / f"{name}.gz").write_bytes(gzip.compress(raw))
    return folder


def test_mnist_files_become_two_data_sets(small_mnist):
    train, test = datasets.load_mnist()
    assert train.X.shape == (3, 784) and train.X.dtype == np.uint8 and train.y.tolist() == [5, 0, 4]
    assert test.X.shape == (2, 784) and test.y.dtype == np.int64 and test.y.tolist() == [7, 2]
    assert train.X[1, :3].tolist() == [784 % 256, 785 % 256, 786 % 256]
    assert (
        train.feature_names[29] == "pixel_1_1" and train.name == "mnist train" and test.name == "mnist test"
    )
    elsewhere = small_mnist.rename(small_mnist.parent / "other")
    assert np.array_equal(datasets.load_mnist(elsewhere)[0].X, train.X)


def test_absent_mnist_names_the_four_files_and_where_they_go(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        datasets.load_mnist(tmp_path)
    message = str(error.value)
    assert all(name in message for name in MNIST_NAMES)
    assert "downloads nothing" in message and "load_digits(size=28)" in message and str(tmp_path) in message


def test_one_absent_mnist_file_is_named_alone(small_mnist):
    (small_mnist / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=r"data/mnist lacks t10k-labels-idx1-ubyte. MNIST is"):
        datasets.load_mnist()


def test_another_set_under_mnists_names_is_refused(small_mnist):
    (small_mnist / "train-labels-idx1-ubyte").write_bytes(idx_bytes("B", (3,), [9, 9, 9]))
    with pytest.raises(
        ValueError, match="data/mnist/train-labels-idx1-ubyte is not the published MNIST file"
    ):
        datasets.load_mnist()


def test_published_mnist_sizes_are_those_of_the_format():
    sizes = [datasets.MNIST_FILES[name][0] for name in MNIST_NAMES]
    assert sizes == [16 + 60000 * 784, 8 + 60000, 16 + 10000 * 784, 8 + 10000]
