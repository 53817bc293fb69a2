"""The exercises on PyTorch: what a right answer does, and the usual mistakes.

No solution stands here: the page has it, folded up, below each exercise. PyTorch is imported inside the
functions only. A check computes in float64, as the page does, on the CPU; where a second device is needed it
takes PyTorch's `meta` device, which every machine has: its tensors have a shape and a type, and no numbers.
"""

import math
import re
import tempfile
import zipfile
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

from micrograd_lite.exercises.facts import sentence
from micrograd_lite.exercises.first_edition.detectors import InTorch, Misconception
from micrograd_lite.exercises.looking import (
    Wrong,
    as_number,
    close,
    describe,
    error_of,
    expect,
    modes,
)

# ---------------------------------------------------------------- words and tools for all of them

ALONE = "`model.training = …` reaches the model alone; `train()` and `eval()` reach all its parts."


def as_tensor(thing, shape, what):
    """`thing`, if it is a tensor of this shape. Raises Wrong for anything else."""
    import torch

    if thing is None:
        raise Wrong(f"{what} is None. Is a `return` missing?")
    if not isinstance(thing, torch.Tensor):
        raise Wrong(f"{what} should be a tensor of shape {shape}, and is {describe(thing)}.")
    if tuple(thing.shape) != shape:
        raise Wrong(f"{what} should have the shape {shape}, and has {tuple(thing.shape)}.")
    return thing


def same(some, other, tolerance=1e-6):
    """Whether two tensors agree, shapes and numbers; NaN agrees with nothing."""
    import torch

    return (
        is_tensor(some)
        and some.shape == other.shape
        and torch.allclose(some.detach().double(), other.detach().double(), rtol=tolerance, atol=tolerance)
    )


def is_tensor(thing):
    import torch

    return isinstance(thing, torch.Tensor)


def drawn(*shape, seed=0):
    """Normal random numbers, float64, from a seed of their own."""
    import torch

    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def calls_during(run, *arguments):
    """-> (what `run` returns or None, its error or None, [(name, arguments), …] of its PyTorch calls)"""
    from torch.overrides import TorchFunctionMode

    calls, returned = [], []

    class Recorder(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            named = kwargs or {}
            calls.append((getattr(function, "__name__", ""), (*args, *named.values())))
            return function(*args, **named)

    def recorded():
        with Recorder():
            returned.append(run(*arguments))

    error = error_of(recorded)
    return (returned[0] if returned else None), error, calls


def probe_model(*sizes, seed=0, log=None):
    """A small network that notes in `log` what happens to it: ("forward", logits, the modes of its modules,
    gradients on)."""
    import torch
    from torch import nn

    class Probe(nn.Module):
        def __init__(self):
            super().__init__()
            steps = [nn.Linear(n, k) for n, k in pairwise(sizes)]
            self.layers = nn.ModuleList(steps)
            with torch.no_grad():
                for i, p in enumerate(self.parameters()):
                    p.copy_(drawn(*p.shape, seed=100 * seed + i))

        def forward(self, X):
            entered = X.device.type
            for layer in self.layers[:-1]:
                X = torch.tanh(layer(X))
            out = self.layers[-1](X)
            if log is not None:
                note = SimpleNamespace(
                    logits=out,
                    training=[*modes(self).values()],
                    gradients=torch.is_grad_enabled(),
                    entered=entered,
                )
                log.append(("forward", note))
            return out

        def zero_grad(self, *args, **named):
            if log is not None:
                log.append(("zero", None))
            super().zero_grad(*args, **named)

    return Probe()


# ---------------------------------------------------------------- a linear layer

LINEAR_SIZES = {"wide": (5, 3, 2), "square": (4, 4, 4)}  # samples, inputs, outputs; in a square all fits


def linear_probe(which):
    """X (m, n_in), weight (n_out, n_in) and bias (n_out,), the two of them with gradients."""
    m, n_in, n_out = LINEAR_SIZES[which]
    weight, bias = drawn(n_out, n_in, seed=1), drawn(n_out, seed=2)
    return drawn(m, n_in, seed=3), weight.requires_grad_(), bias.requires_grad_()


def linear_properties(answer):
    from torch.nn.functional import linear

    for which, (m, n_in, n_out) in LINEAR_SIZES.items():
        X, weight, bias = linear_probe(which)
        got = as_tensor(answer(X, weight, bias), (m, n_out), "my_linear(X, weight, bias)")
        true = linear(X, weight, bias)
        if not same(got, true):
            what = f"for X {m, n_in} and weight {n_out, n_in} what you return"
            raise Wrong(sentence(what, got.tolist(), true.tolist()))
        if not reaches(got, weight, bias):
            raise Wrong("the numbers are right, and `backward()` does not reach the weight from them.")
    if "linear" in {name for name, _ in calls_during(answer, *linear_probe("wide"))[2]}:
        raise Wrong("it is right, and made by PyTorch's own layer. Write it with `@` and `+`.")


def reaches(got, *leaves):
    """Whether `backward()` from `got` gives each of these leaves a gradient."""
    import torch

    if not got.requires_grad:
        return False
    return None not in torch.autograd.grad(got.sum(), leaves, retain_graph=True, allow_unused=True)


def linear_is(formula):
    """A detector: for square weights, where every shape fits, the answer is this formula."""

    def shows(answer):
        X, weight, bias = linear_probe("square")
        return same(answer(X, weight, bias), formula(X, weight, bias))

    return shows


def linear_is_turned(answer):
    X, weight, bias = linear_probe("wide")
    return same(answer(X, weight, bias), (X @ weight.T + bias).T)


def linear_without_graph(answer):
    X, weight, bias = linear_probe("wide")
    got = answer(X, weight, bias)
    return same(got, X @ weight.T + bias) and not reaches(got, weight, bias)


def linear_is_ready_made(answer):
    X, weight, bias = linear_probe("wide")
    got, _, calls = calls_during(answer, X, weight, bias)
    return same(got, X @ weight.T + bias) and "linear" in {name for name, _ in calls}


LINEAR = InTorch(
    id="pytorch-linear",
    name="my_linear",
    title="What nn.Linear computes",
    stars=1,
    section="Shapes",
    stub='''def my_linear(X, weight, bias):
    """X (m, n_in), weight (n_out, n_in), bias (n_out,): a tensor (m, n_out)."""
    ...''',
    properties=linear_properties,
    misconceptions=(
        Misconception(
            "weight-not-transposed",
            lambda answer: (
                linear_is(lambda X, weight, bias: X @ weight + bias)(answer)
                and error_of(answer, *linear_probe("wide")) is not None
            ),
            "You multiply by `weight` as it lies there. PyTorch keeps it as (out, in), one row for each "
            "output, so a row of samples meets its transpose, `weight.T`. With a square weight the shapes "
            "hide this.",
        ),
        Misconception(
            "samples-in-columns",
            linear_is_turned,
            "Your result is (out, m): a column for each sample. A row is a sample: start with `X`, then the "
            "transposed weight.",
        ),
        Misconception(
            "bias-per-sample",
            linear_is(lambda X, weight, bias: X @ weight.T + bias.reshape(-1, 1)),
            "As a column, (out, 1), the bias is added sample by sample. Each output has one bias for all "
            "samples: leave it flat, and it is added to every row.",
        ),
        Misconception(
            "bias-forgotten",
            linear_is(lambda X, weight, bias: X @ weight.T),
            "The products are right, and the bias is missing.",
        ),
        Misconception(
            "graph-cut",
            linear_without_graph,
            "The numbers are right, and the graph is cut: after `torch.tensor(…)`, `.detach()`, `.data`, "
            "`.numpy()`, in a new `nn.Parameter(…)` or under `no_grad` no gradient finds its way to the "
            "weight and the bias. Compute with the tensors as they come.",
            "A tensor is a batch of Values",
        ),
        Misconception(
            "ready-made",
            linear_is_ready_made,
            "That is PyTorch's own layer, and it is right. Here you write its inside: `@` and `+`.",
        ),
    ),
    well_done="Two operations, and autograd goes back through both: that is all there is in nn.Linear.",
)


# ---------------------------------------------------------------- targets


def label_probe(m=4):
    """Labels as a column of floats, as a table from a file brings them."""
    import numpy as np

    return np.array([[3.0], [0.0], [9.0], [3.0]])[:m]


def targets_properties(answer):
    import torch

    for m in (4, 1):
        labels = label_probe(m)
        got = as_tensor(answer(labels.copy()), (m,), f"for labels of shape {labels.shape} the result")
        if got.dtype != torch.int64:
            raise Wrong(f"the classes should be whole numbers of the type torch.int64, and are {got.dtype}.")
        if got.tolist() != [int(label) for label in labels[:, 0]]:
            raise Wrong(f"for the labels {labels[:, 0].tolist()} you give the classes {got.tolist()}.")


def targets_of(answer, m=4):
    import torch

    got = answer(label_probe(m))
    return got if isinstance(got, torch.Tensor) else torch.empty(0)


def targets_squeezed_away(answer):
    return targets_of(answer, 1).shape == () and targets_of(answer).shape == (4,)


def wrong_whole_numbers(answer):
    import torch

    got = targets_of(answer)
    return got.shape == (4,) and not got.is_floating_point() and got.dtype != torch.int64


TARGETS = InTorch(
    id="pytorch-targets",
    name="my_targets",
    title="Targets as the loss wants them",
    stars=1,
    section="A loss: CrossEntropyLoss takes logits",
    stub='''def my_targets(labels):
    """Labels as a NumPy array (m, 1) of floats: a tensor for CrossEntropyLoss."""
    ...''',
    properties=targets_properties,
    misconceptions=(
        Misconception(
            "still-numpy",
            lambda answer: type(answer(label_probe())).__module__ == "numpy",
            "You return a NumPy array, and the loss takes tensors: `torch.tensor(…)` makes one.",
            "A tensor is a batch of Values",
        ),
        Misconception(
            "one-hot",
            lambda answer: targets_of(answer).ndim == 2 and targets_of(answer).shape[1] > 4,
            "You make a row of zeros with a single 1 of each label. CrossEntropyLoss takes the number of "
            "the class itself, one for each sample.",
        ),
        Misconception(
            "argmax-of-a-column",
            lambda answer: targets_of(answer).tolist() == [0, 0, 0, 0],
            "All your classes are 0. Did you take `argmax`? Over a column of length 1 it can only find place "
            "0, and the labels are class numbers already: nothing has to be searched.",
        ),
        Misconception(
            "column-left",
            lambda answer: targets_of(answer).shape == (4, 1),
            "Your targets are a column, (m, 1). CrossEntropyLoss wants one class for each sample, shape "
            "(m,): `labels[:, 0]`, or `reshape(-1)`.",
        ),
        Misconception(
            "squeezed-away",
            targets_squeezed_away,
            "Right for four labels. For a single one `squeeze()` drops both axes, and the shape is `()`: "
            "name the axis, `squeeze(1)`, or use `reshape(-1)`.",
            "Shapes",
        ),
        Misconception(
            "floats-left",
            lambda answer: targets_of(answer).shape == (4,) and targets_of(answer).is_floating_point(),
            "Your targets are still floats. A class is a place in the row of logits, so the loss wants "
            "whole numbers, int64: `.long()`, or `dtype=torch.int64`.",
        ),
        Misconception(
            "other-whole-numbers",
            wrong_whole_numbers,
            "Whole numbers, and of the wrong type: the page uses int64 for classes, which every loss and "
            "every device takes. `.long()` makes it.",
        ),
    ),
    well_done="Shape (m,) and int64: most crashes at the first batch are one of these two.",
)


# ---------------------------------------------------------------- two loaders

N_TRAIN, N_VAL = 150, 70  # no multiples of 64: the last batches are shorter


def loader_probe():
    """Two data sets whose samples are numbers that name them: 0 …, and 1000 …"""
    import torch
    from torch.utils.data import TensorDataset

    return [
        TensorDataset(torch.arange(first, first + m).double().reshape(-1, 1), torch.arange(m) % 10)
        for first, m in ((0, N_TRAIN), (1000, N_VAL))
    ]


def epochs_of(answer):
    """Two epochs of both loaders, as lists of batches of names: train, train again, validation, again."""
    got = answer(*loader_probe())
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        raise Wrong(f"the result should be two loaders, `return train, val`, and is {describe(got)}.")
    epochs = []
    for loader in got:
        for _ in range(2):
            try:
                epochs.append([X[:, 0].long().tolist() for X, _ in loader])
            except (TypeError, ValueError, AttributeError, IndexError):
                text = f"a DataLoader gives pairs of a batch X and a batch y; you return {describe(loader)}."
                raise Wrong(text) from None
    return SimpleNamespace(train=epochs[0], train_again=epochs[1], val=epochs[2], val_again=epochs[3])


def flat(batches):
    return [name for batch in batches for name in batch]


def loader_properties(answer):
    seen = epochs_of(answer)
    for what, epoch, names in (
        ("training", seen.train, range(N_TRAIN)),
        ("validation", seen.val, range(1000, 1000 + N_VAL)),
        ("training, the second time,", seen.train_again, range(N_TRAIN)),
        ("validation, the second time,", seen.val_again, range(1000, 1000 + N_VAL)),
    ):
        if sorted(flat(epoch)) != list(names):
            raise Wrong(
                f"an epoch of {what} should give each of the {len(names)} samples once; yours gives "
                f"{len(flat(epoch))}, {len(set(flat(epoch)) & set(names))} of them its own."
            )
        if len(epoch[0]) != 64:
            raise Wrong(f"the batches of {what} should have 64 samples, and the first has {len(epoch[0])}.")
    if flat(seen.train) == flat(seen.train_again):
        raise Wrong("two epochs of training go through the samples in the same order.")
    if flat(seen.val) != sorted(flat(seen.val)):
        raise Wrong("validation should go through the samples in their own order.")


def used_up(answer):
    seen = epochs_of(answer)
    return bool(seen.train and seen.val) and not (seen.train_again and seen.val_again)


def samples_lost(answer):
    seen = epochs_of(answer)
    return len(flat(seen.train)) == 128 or len(flat(seen.val)) == 64


def batch_size_missing(answer):
    seen = epochs_of(answer)
    return {len(batch) for batch in seen.train + seen.val} == {1}


def same_order_each_epoch(answer):
    seen = epochs_of(answer)
    return sorted(flat(seen.train)) == list(range(N_TRAIN)) and flat(seen.train) == flat(seen.train_again)


def validation_shuffled(answer):
    seen = epochs_of(answer)
    return flat(seen.val) != sorted(flat(seen.val)) and min(flat(seen.val)) >= 1000


LOADERS = InTorch(
    id="pytorch-loaders",
    name="my_loaders",
    title="Two loaders",
    stars=1,
    section="Data in batches",
    stub='''def my_loaders(train_data, val_data):
    """A DataLoader for each of two data sets, batches of 64: `return train, val`.

    Training: a new random order in every epoch. Validation: the order of the data.
    """
    ...''',
    properties=loader_properties,
    misconceptions=(
        Misconception(
            "used-up-after-one-epoch",
            used_up,
            "What you return gives one epoch, and then nothing more: `iter(…)` and a generator are used up. "
            "Return the DataLoader itself, it starts anew in every epoch.",
        ),
        Misconception(
            "validation-is-training",
            lambda answer: min(flat(epochs_of(answer).val)) < 1000 > min(flat(epochs_of(answer).train)),
            "Your second loader gives training samples. Validation that has been trained on says nothing "
            "about new data.",
            "Three parts of the data",
        ),
        Misconception(
            "batch-size-missing",
            batch_size_missing,
            "Your batches have one sample: that is what a DataLoader makes unless you name `batch_size`.",
        ),
        Misconception(
            "samples-lost",
            samples_lost,
            "The last, shorter batch is missing: `drop_last=True` throws its samples away. In validation "
            "they are then never counted.",
        ),
        Misconception(
            "training-not-shuffled",
            same_order_each_epoch,
            "Training meets the same batches in the same order in every epoch. With `shuffle=True` each "
            "epoch draws a new order.",
        ),
        Misconception(
            "validation-shuffled",
            validation_shuffled,
            "You shuffle the validation data. The mean stays the same, and the order is lost: prediction "
            "number 5 no longer belongs to picture number 5.",
        ),
    ),
    well_done="Shuffled where it learns, in order where it is examined.",
)


# ---------------------------------------------------------------- a data set of your own


def picture_probe():
    """Five pictures (5, 8, 8) of 0 to 16 and their labels, uint8 both. Each has another maximum, below 16."""
    import numpy as np

    images = np.arange(5 * 64, dtype=np.uint8).reshape(5, 8, 8) % 7
    images[:, 2, 3] = [14, 12, 9, 13, 10]
    return images, np.array([3, 0, 9, 3, 1], dtype=np.uint8)


def picture_batch(answer):
    """What a DataLoader makes of the first three samples: X, y."""
    import torch
    from torch.utils.data import DataLoader

    made = answer(*picture_probe())
    if not hasattr(made, "__getitem__"):
        raise Wrong(f"`MyDigits(images, labels)` should be a data set, and is {describe(made)}.")
    first = made[0]
    if not isinstance(first, (tuple, list)) or len(first) != 2:
        raise Wrong(f"a sample is a pair, `return x, y`, and `data[0]` is {describe(first)}.")
    if any(part is None or part is ... for part in first):
        raise Wrong(f"a part of the sample is missing: `data[0]` is {describe(first)}.")
    if type(first[0]).__module__ == "numpy":
        raise Wrong(f"x should be a tensor, as a model takes it, and `data[0][0]` is {describe(first[0])}.")
    batch = next(iter(DataLoader([made[i] for i in range(3)], batch_size=3)))
    if not all(isinstance(part, torch.Tensor) for part in batch):
        raise Wrong(f"a DataLoader can make no batch of tensors from such samples: {describe(first)}.")
    return batch


def dataset_properties(answer):
    import torch

    X, y = picture_batch(answer)
    images, labels = picture_probe()
    given = picture_probe()
    made = answer(*given)
    for i in range(5):
        made[i]
    if not all((now == was).all() for now, was in zip(given, (images, labels), strict=True)):
        raise Wrong("after `data[0]`, `data[1]` … the arrays that you were given hold other numbers.")
    if X.shape != (3, 64):
        raise Wrong(f"a batch of three samples should have X of shape (3, 64), and has {tuple(X.shape)}.")
    if X.dtype != torch.get_default_dtype():
        raise Wrong(
            f"the pixels should be of the same type as the weights of a model, {torch.get_default_dtype()}, "
            f"and are {X.dtype}."
        )
    if not same(X, torch.tensor(images[:3].reshape(3, 64) / 16)):
        what = "with ink from 0 to 16 divided by 16, and the rows of the picture one after the other, a batch"
        raise Wrong(sentence(what, X.tolist(), (images[:3].reshape(3, 64) / 16).tolist()))
    if y.shape != (3,) or y.dtype != torch.int64 or y.tolist() != labels[:3].tolist():
        raise Wrong(
            f"the targets of the first three samples should be {labels[:3].tolist()}, int64, (3,); "
            f"yours are {y.tolist()}, {y.dtype} and {tuple(y.shape)}."
        )
    made = answer(images, labels)
    if type(length := error_of(len, made)) is TypeError:
        raise Wrong(f"`len(data)` does not work: {length}.")
    if len(made) != 5:
        raise Wrong(f"for five pictures `len(data)` should be 5, and is {len(made)}.")


def pixels_of(answer):
    return picture_batch(answer)[0]


def label_type_of(answer):
    return picture_batch(answer)[1].dtype


def all_pictures_at_once(answer):
    x = answer(*picture_probe())[2][0]
    return x.shape in ((5, 64), (5, 8, 8), (320,))


def label_first(answer):
    X, y = picture_batch(answer)
    return X.ndim == 1 and y.ndim > 1


def scaled_by(divisor):
    """A detector: the pixels, flattened or not, are divided by this (given the picture) instead of by 16."""

    def shows(answer):
        import torch

        images = picture_probe()[0][:3].astype(float)
        expected = torch.stack([torch.tensor(image.reshape(64) / divisor(image)) for image in images])
        return same(pixels_of(answer).reshape(3, -1), expected)

    return shows


def wrong_length(answer):
    made = answer(*picture_probe())
    error = error_of(len, made)  # a TypeError: no `__len__`, or one that returns None
    return isinstance(error, TypeError) if error else len(made) != 5


def pixels_of_other_precision(answer):
    import torch

    X = pixels_of(answer)
    return X.is_floating_point() and X.dtype != torch.get_default_dtype()


def label_as_row(answer):
    return picture_batch(answer)[1].ndim == 2


DATASET = InTorch(
    id="pytorch-dataset",
    name="MyDigits",
    title="A data set of your own",
    stars=2,
    section="Data in batches",
    stub='''class MyDigits(Dataset):
    """Pictures (m, 8, 8) of 0 to 16 and labels (m,), both NumPy uint8, as samples.

    Sample i is `x, y`: x a tensor (64,) from 0 to 1, for nn.Linear; y its class.
    """

    def __init__(self, images, labels): ...

    def __len__(self): ...

    def __getitem__(self, i): ...''',
    properties=dataset_properties,
    misconceptions=(
        Misconception(
            "label-first",
            label_first,
            "Your sample is the label, then the picture. The order is `x, y`, as in every loop `for X, y in "
            "loader`.",
        ),
        Misconception(
            "index-ignored",
            all_pictures_at_once,
            "`data[2]` gives all pictures. `__getitem__` is asked for one sample: use its `i`.",
        ),
        Misconception(
            "whole-numbers-left",
            lambda answer: not pixels_of(answer).is_floating_point(),
            "Your pixels are whole numbers still, and weights are floats: `nn.Linear` refuses to multiply "
            "the two. Divide by 16 with `/` (`//` throws the fraction away), or name the dtype.",
        ),
        Misconception(
            "not-scaled",
            scaled_by(lambda image: 1),
            "Your pixels still go up to 16. Divide by 16, so that they go from 0 to 1.",
            "Handwritten digits",
        ),
        Misconception(
            "scaled-as-bytes",
            scaled_by(lambda image: 255),
            "You divide by 255, which is full ink in other data sets. In these pictures it is 16.",
            "Handwritten digits",
        ),
        Misconception(
            "scaled-picture-by-picture",
            scaled_by(lambda image: image.max()),
            "You divide each picture by its own maximum, so a faint stroke and a dark one become the same. "
            "Full ink is 16 in all pictures.",
            "Handwritten digits",
        ),
        Misconception(
            "not-flattened",
            lambda answer: pixels_of(answer).shape in ((3, 8, 8), (3, 1, 64), (3, 1, 8, 8)),
            "Your sample is still a picture with rows and columns. For `nn.Linear(64, …)` a sample is one "
            "row of 64 numbers: `reshape(64)`.",
            "Shapes",
        ),
        Misconception(
            "other-precision",
            pixels_of_other_precision,
            "Your pixels are floats of another precision than the weights, and `nn.Linear` refuses to mix "
            "them. The page set the type with `set_default_dtype`: name that one, "
            "`torch.get_default_dtype()`.",
        ),
        Misconception(
            "one-hot-label",
            label_as_row,
            "Your y is a row. The loss takes the number of the class, one for each sample.",
            "A loss: CrossEntropyLoss takes logits",
        ),
        Misconception(
            "float-label",
            lambda answer: label_type_of(answer).is_floating_point,
            "Your y is a float. A class is a place in the row of logits: a whole number, `int(…)`.",
            "A loss: CrossEntropyLoss takes logits",
        ),
        Misconception(
            "label-as-in-the-file",
            lambda answer: "int64" not in str(label_type_of(answer)),
            "Your y keeps the small whole numbers of the file (uint8). The page's targets are int64: "
            "`int(…)` of the label becomes that in a batch.",
            "A loss: CrossEntropyLoss takes logits",
        ),
        Misconception(
            "wrong-length",
            wrong_length,
            "`len(data)` is not the number of pictures. A DataLoader asks it how many samples there are: "
            "too few, and the rest is never seen.",
        ),
    ),
    well_done="Anything with __len__ and __getitem__ is a data set, wherever its samples come from.",
)


# ---------------------------------------------------------------- cross-entropy from logits

LOGITS = ((2.0, 0.0, -1.0), (0.5, 1.5, 3.0), (-2.0, 1.0, 0.0), (0.0, 0.0, 0.0))
CLASSES = (0, 1, 2, 1)
READY_MADE = {"cross_entropy", "cross_entropy_loss", "nll_loss", "nll_loss_nd"}


def cross_entropy_probe():
    import torch

    return torch.tensor(LOGITS, dtype=torch.float64).requires_grad_(), torch.tensor(CLASSES)


def steep_logits():
    import torch

    return torch.tensor([[1000.0, 0.0, -1000.0], [0.0, 0.0, -1000.0]], dtype=torch.float64).requires_grad_()


def losses_by_hand(rows=LOGITS, classes=CLASSES):
    """Minus the logarithm of what softmax gives to the class, sample by sample, with `math` alone."""
    return [math.log(sum(map(math.exp, row))) - row[k] for row, k in zip(rows, classes, strict=True)]


def softmax_by_hand(row):
    return [math.exp(z) / sum(map(math.exp, row)) for z in row]


LOSSES = losses_by_hand()


def one_number(got, what):
    """A tensor with one number, as a float."""
    return as_tensor(got, (), what).item()


def cross_entropy_properties(answer):
    import torch

    logits, y = cross_entropy_probe()
    got = answer(logits, y)
    if logits.grad is not None:
        raise Wrong(
            "you call `backward()` in the function: it returns the loss, and its caller goes back from it."
        )
    expect(one_number(got, "the loss"), sum(LOSSES) / 4, "the mean of four samples")
    few = answer(logits[:3], y[:3])
    expect(one_number(few, "the loss"), sum(LOSSES[:3]) / 3, "the mean of the first three samples")
    if not got.requires_grad:
        raise Wrong("the number is right, and `backward()` does not reach the logits from it.")
    got.backward()
    p = torch.tensor([softmax_by_hand(row) for row in LOGITS], dtype=torch.float64)
    if not same(logits.grad, (p - torch.eye(3, dtype=torch.float64)[y]) / 4):
        raise Wrong("the number is right, and its gradient by the logits is not (softmax − one-hot)/m.")
    steep = steep_logits()
    loss = answer(steep, torch.tensor([1, 0]))
    expect(one_number(loss, "the loss"), (1000 + math.log(2)) / 2, "for logits of ±1000 the loss")
    loss.backward()
    if not torch.isfinite(steep.grad).all():
        raise Wrong("for logits of ±1000 the loss is right, and its gradient is nan.")
    if READY_MADE & {name for name, _ in calls_during(answer, *cross_entropy_probe())[2]}:
        raise Wrong("it is right, and made by PyTorch's own cross-entropy. Write it with `exp` and `log`.")


def cross_entropy_is(wrong):
    return lambda answer: close(one_number(answer(*cross_entropy_probe()), "the loss"), wrong)


def over_samples():
    """With the sum along the samples: each column has its own."""
    columns = [math.log(sum(math.exp(row[j]) for row in LOGITS)) for j in range(3)]
    return [columns[k] - row[k] for row, k in zip(LOGITS, CLASSES, strict=True)]


def all_pairs():
    """Every sample with every target."""
    return [loss for k in CLASSES for loss in losses_by_hand(LOGITS, [k] * 4)]


def right_when_small(answer):
    logits, y = cross_entropy_probe()
    few = one_number(answer(logits[:3], y[:3]), "the loss")
    return cross_entropy_is(sum(LOSSES) / 4)(answer) and close(few, sum(LOSSES[:3]) / 3)


def overflows(answer):
    import torch

    if not right_when_small(answer):
        return False
    steep = steep_logits()
    loss = answer(steep, torch.tensor([1, 0]))
    loss.backward()
    return not (torch.isfinite(loss) and torch.isfinite(steep.grad).all())


def held_up(answer):
    """Right for small logits, finite and far too small for large ones."""
    import torch

    if not right_when_small(answer):
        return False
    return 0 < one_number(answer(steep_logits(), torch.tensor([1, 0])), "the loss") < 400


def cross_entropy_without_graph(answer):
    got = answer(*cross_entropy_probe())
    return cross_entropy_is(sum(LOSSES) / 4)(answer) and not got.requires_grad


def is_ready_made(answer):
    calls = calls_during(answer, *cross_entropy_probe())[2]
    return bool(READY_MADE & {name for name, _ in calls})


SOFTMAXED = [softmax_by_hand(row) for row in LOGITS]

CROSS_ENTROPY = InTorch(
    id="pytorch-cross-entropy",
    name="my_cross_entropy",
    title="Cross-entropy from logits, by hand",
    stars=2,
    section="A loss: CrossEntropyLoss takes logits",
    stub='''def my_cross_entropy(logits, y):
    """Mean cross-entropy of logits (m, k) for classes y (m,): a tensor, one number."""
    ...''',
    properties=cross_entropy_properties,
    misconceptions=(
        Misconception(
            "softmax-twice",
            cross_entropy_is(sum(losses_by_hand(SOFTMAXED)) / 4),
            "Your loss takes a softmax of a softmax. Once is enough: what comes in are logits, and the "
            "softmax is inside the loss.",
        ),
        Misconception(
            "overflows",
            overflows,
            "Right for small logits. For logits of ±1000 `exp` overflows, or the logarithm meets a 0, and a "
            "loss or a gradient is inf or nan: subtract each row's own maximum first, and stay with "
            "logarithms, or take `torch.logsumexp`.",
        ),
        Misconception(
            "probability-held-up",
            held_up,
            "A small number under the logarithm, or a `clamp`, keeps it finite, and hides how wrong the "
            "answer is: for logits of ±1000 your loss is far too small. Subtract each row's own maximum, "
            "and stay with logarithms.",
        ),
        Misconception(
            "over-the-samples",
            cross_entropy_is(sum(over_samples()) / 4),
            "You add up down the columns, over the samples. A sample's probabilities share one row: `dim=1`.",
            "Shapes",
        ),
        Misconception(
            "every-sample-with-every-target",
            cross_entropy_is(sum(all_pairs()) / 16),
            "`[:, y]` takes, for every sample, the columns of all m targets: (m, m) numbers. For one number "
            "of each row write `[torch.arange(len(y)), y]`, or use `gather`.",
            "Shapes",
        ),
        Misconception(
            "sum-instead-of-mean",
            cross_entropy_is(sum(LOSSES)),
            "You add the losses of the samples up. The mean divides by m.",
        ),
        Misconception(
            "sign-lost",
            cross_entropy_is(-sum(LOSSES) / 4),
            "Your loss is negative. The logarithm of a probability is below 0, and the minus in front makes "
            "a loss of it.",
        ),
        Misconception(
            "logarithm-forgotten",
            cross_entropy_is(-sum(p[k] for p, k in zip(SOFTMAXED, CLASSES, strict=True)) / 4),
            "You take the probability itself. Cross-entropy is minus its logarithm.",
        ),
        Misconception(
            "graph-cut",
            cross_entropy_without_graph,
            "The number is right, and the graph is cut: after `.item()`, `.detach()` or `torch.tensor(…)` "
            "no gradient comes back to the logits.",
            "A tensor is a batch of Values",
        ),
        Misconception(
            "ready-made",
            lambda answer: cross_entropy_is(sum(LOSSES) / 4)(answer) and is_ready_made(answer),
            "That is PyTorch's own cross-entropy, and it is right. Here you write its inside: a maximum, "
            "`exp`, a sum, `log`.",
        ),
    ),
    well_done="ln Σ eᶻ minus the logit of the right class: no probability is ever formed, so none is 0.",
)


# ---------------------------------------------------------------- a module

MODULE_SIZES = (6, 5, 4, 3)


def made_module(answer, sizes=MODULE_SIZES):
    from torch import nn

    model = answer(sizes)
    if not isinstance(model, nn.Module):
        raise Wrong(f"`MyNetwork(sizes)` should be an `nn.Module`, and is {describe(model)}.")
    return model


def layers_of(model, sizes):
    """[(weight, bias), …] by their shapes, equal ones in their order. Raises Wrong where one is missing."""
    found = {}
    for p in model.parameters():
        found.setdefault(tuple(p.shape), []).append(p)
    wanted = [shape for n, k in pairwise(sizes) for shape in ((k, n), (k,))]
    if sorted(map(str, wanted)) != sorted(str(tuple(p.shape)) for p in model.parameters()):
        raise Wrong(
            f"for sizes {sizes} the parameters should have the shapes {', '.join(map(str, wanted))}; yours: "
            f"{', '.join(str(tuple(p.shape)) for p in model.parameters()) or 'none'}. "
            "A layer that is used twice counts once: each place needs one of its own"
        )
    return [(found[k, n].pop(0), found[k,].pop(0)) for n, k in pairwise(sizes)]


def chain(X, layers, between):
    for i, (weight, bias) in enumerate(layers):
        X = (between(X) if i else X) @ weight.T + bias
    return X


def module_properties(answer):
    import torch

    for sizes in (MODULE_SIZES, (6, 3), (4, 4, 4, 4)):
        model, other, X = made_module(answer, sizes), made_module(answer, sizes), drawn(8, sizes[0])
        layers = layers_of(model, sizes)
        if {id(p) for p in model.parameters()} & {id(p) for p in other.parameters()}:
            raise Wrong(
                "two networks, made one after the other, share parameters: to train one is to train both."
            )
        got = as_tensor(model(X), (8, sizes[-1]), f"for sizes {sizes} and X (8, {sizes[0]}) the result")
        true = chain(X, layers, torch.relu)
        if not same(got, true):
            raise Wrong(
                f"for sizes {sizes} the first logit of a sample should be {true[0, 0]:.4g}, with ReLU "
                f"between the layers and nothing after the last one; yours is {got[0, 0]:.4g}."
            )
        if not reaches(got, *model.parameters()):
            raise Wrong("the logits are right, and `backward()` does not reach the weights from them.")


def super_forgotten(answer):
    made = []
    error = error_of(lambda: made.append(answer(MODULE_SIZES)))
    return "Module.__init__()" in str(error) or bool(made and "_parameters" not in vars(made[0]))


def runs(model):
    """What two calls for the same samples give."""
    X = drawn(8, MODULE_SIZES[0])
    return model(X), model(X)


def layers_made_in_forward(answer):
    model = made_module(answer)
    empty = not list(model.parameters())
    first, second = runs(model)
    return empty and is_tensor(first) and is_tensor(second) and not same(first, second)


def layers_hidden(answer):
    model = made_module(answer)
    first, second = runs(model)
    return same(first, second) and not list(model.parameters())


def module_is(formula, between=None):
    """A detector: the right parameters, and this instead of the logits."""

    def shows(answer):
        import torch

        model, X = made_module(answer), drawn(8, MODULE_SIZES[0])
        logits = chain(X, layers_of(model, MODULE_SIZES), between or torch.relu)
        return same(model(X), formula(torch, logits))

    return shows


MODULE = InTorch(
    id="pytorch-module",
    name="MyNetwork",
    title="A network of any depth",
    stars=2,
    section="A model: nn.Module",
    stub='''class MyNetwork(nn.Module):
    """Linear layers with ReLU between them; sizes (64, 32, 10) makes 64 → 32 → 10.

    X (m, sizes[0]) gives logits (m, sizes[-1]).
    """

    def __init__(self, sizes): ...

    def forward(self, X): ...''',
    properties=module_properties,
    misconceptions=(
        Misconception(
            "super-forgotten",
            super_forgotten,
            "`super().__init__()` is missing. It comes first in `__init__`: it makes the place in which a "
            "module keeps its layers and parameters.",
        ),
        Misconception(
            "layers-made-in-forward",
            layers_made_in_forward,
            "Two calls with the same samples give two results: your layers are made anew, with new weights, "
            "in every call. Make them once, in `__init__`.",
        ),
        Misconception(
            "plain-list",
            layers_hidden,
            "It computes, and `parameters()` is empty: a module does not look into a plain list, so no "
            "optimiser ever moves these layers. Put them into `nn.ModuleList` or `nn.Sequential`.",
        ),
        Misconception(
            "softmax-on-the-logits",
            module_is(lambda torch, logits: torch.softmax(logits, dim=1)),
            "You return probabilities. `CrossEntropyLoss` has the softmax inside, and a second one before "
            "it flattens its gradients: return the last layer's numbers as they are.",
            "Break it",
        ),
        Misconception(
            "relu-on-the-logits",
            module_is(lambda torch, logits: torch.relu(logits)),
            "There is a ReLU after the last layer as well. A logit has to be free to go below 0: ReLU "
            "stands between the layers only.",
            "Break it",
        ),
        Misconception(
            "no-activation",
            module_is(lambda torch, logits: logits, between=lambda X: X),
            "There is nothing between your layers, and linear layers in a row are one linear layer: put a "
            "ReLU between them.",
        ),
        Misconception(
            "classes-instead-of-logits",
            module_is(lambda torch, logits: logits.argmax(dim=1)),
            "You return the winning class. No gradient goes back through `argmax`: return the logits, and "
            "choose the class outside.",
            "A loss: CrossEntropyLoss takes logits",
        ),
    ),
    well_done="Registered layers, logits out: an optimiser, a loss and a file can all work with it.",
)


# ---------------------------------------------------------------- one training step

STEP_RATE, STALE = 0.1, 0.5  # learning rate; what an earlier step left in every gradient


def batch_probe(log=None):
    """A model 3 → 4 → 3 and a batch for it: X (5, 3) and y (5,)."""
    import torch

    return probe_model(3, 4, 3, log=log), drawn(5, 3, seed=9), torch.tensor([0, 2, 1, 1, 0])


def observe_step(answer):
    """One call of the answer, with a model, a loss and an optimiser that note what happens to them."""
    import torch
    from torch import nn
    from torch.overrides import TorchFunctionMode

    log = []
    model, X, y = batch_probe(log)
    model.eval()
    before = torch.cat([p.detach().flatten().clone() for p in model.parameters()])
    loss_before = nn.functional.cross_entropy(model(X), y).item()
    for p in model.parameters():
        p.grad = torch.full_like(p, STALE)
    log.clear()

    class Loss(nn.CrossEntropyLoss):
        def forward(self, given, target):
            log.append(("loss", given))
            out = super().forward(given, target)
            if out.requires_grad:
                out.register_hook(lambda _: log.append(("backward", None)))
            return out

    class Optimizer(torch.optim.SGD):
        def step(self, *args, **named):
            log.append(("step", None))
            return super().step(*args, **named)

        def zero_grad(self, *args, **named):
            log.append(("zero", None))
            return super().zero_grad(*args, **named)

    class Backward(TorchFunctionMode):  # of whatever the answer computed
        def __torch_function__(self, function, types, args=(), kwargs=None):
            if function is torch.Tensor.backward:
                log.append(("backward", None))
            return function(*args, **(kwargs or {}))

    optimizer = Optimizer(model.parameters(), lr=STEP_RATE)
    with Backward():
        returned = answer(model, Loss(), optimizer, X, y)
    names, notes = [name for name, _ in log], dict(reversed(log))  # notes: the first of each name
    after = torch.cat([p.detach().flatten() for p in model.parameters()])
    with torch.no_grad():
        loss_after = nn.functional.cross_entropy(model(X), y).item()
    return SimpleNamespace(
        names=names,
        forward=notes.get("forward"),
        into_loss=notes.get("loss"),
        move=after - before,
        gradient=true_gradient(),
        returned=returned,
        loss_before=loss_before,
        loss_after=loss_after,
    )


@cache
def true_gradient():
    """The gradient of the mean cross-entropy on this batch, flat, by central differences."""
    import torch
    from torch.nn.functional import cross_entropy

    (model, X, y), slopes, h = batch_probe(), [], 1e-5
    with torch.no_grad():
        for p in model.parameters():
            entries = p.view(-1)
            for i in range(len(entries)):
                kept = entries[i].item()
                entries[i] = kept + h
                up = cross_entropy(model(X), y).item()
                entries[i] = kept - h
                slopes.append((up - cross_entropy(model(X), y).item()) / (2 * h))
                entries[i] = kept
    return torch.tensor(slopes, dtype=torch.float64)


def step_properties(answer):
    seen = observe_step(answer)
    for name, what in (
        ("forward", "the model is never asked for its logits"),
        ("loss", "the loss that you are given is never computed: call `loss_fn(…)`, whatever loss it is"),
        ("backward", "`backward()` never runs"),
        ("step", "the optimiser's `step()` never runs"),
    ):
        if name not in seen.names:
            raise Wrong(f"{what}.")
    if not same(seen.move, -STEP_RATE * seen.gradient, 1e-5):
        raise Wrong(
            "the parameters do not move by minus the learning rate times the gradient of this batch: the "
            f"first weight should move by {-STEP_RATE * seen.gradient[0]:.4g}, and moves by "
            f"{seen.move[0]:.4g}."
        )
    if not all(seen.forward.training):
        raise Wrong(
            f"the model came in `eval` mode, and it, or a part of it, was trained in that mode. {ALONE}"
        )
    if is_tensor(seen.returned):
        raise Wrong(f"the loss that you return should be a Python number, and is {describe(seen.returned)}.")
    expect(seen.returned, seen.loss_before, "the loss that you return")


def step_shows(look):
    return lambda answer: bool(look(observe_step(answer)))


def before(names, first, second):
    """Whether `first` happens, and before the last `second`."""
    return first in names and second in names and names.index(first) < len(names) - names[::-1].index(second)


def first_step_is_early(seen):
    return seen.names.index("step") < seen.names.index("backward")


def zeroed_after_backward(names):
    """Whether `zero` happens after a `backward`, and before a `step`."""
    return "backward" in names and before(names[names.index("backward") :], "zero", "step")


def moved(seen, expected):
    return same(seen.move, expected, 1e-5)


def stands(seen):
    return not seen.move.any()


def fed_probabilities(seen):
    return same(seen.into_loss, seen.forward.logits.softmax(dim=1))


def fed_to_the_loss(answer):
    """What the loss is given, as (given, target): where that stops with an error, the loss is a witness."""
    import torch

    fed = []

    def witness(given, target):
        fed.append((given, target))
        return torch.zeros((), requires_grad=True) * 1.0

    model, X, y = batch_probe()
    optimizer = torch.optim.SGD(model.parameters(), lr=STEP_RATE)
    error_of(answer, model, witness, optimizer, X, y)
    return fed[0]


def fed_predictions(answer):
    given, target = fed_to_the_loss(answer)
    return (not given.is_floating_point() or given.ndim == 1) and not target.is_floating_point()


def fed_in_wrong_order(answer):
    given, target = fed_to_the_loss(answer)
    return not given.is_floating_point() and target.is_floating_point()


STEP = InTorch(
    id="pytorch-step",
    name="my_step",
    with_optimiser=True,
    title="One training step",
    stars=2,
    section="The training loop",
    stub='''def my_step(model, loss_fn, optimizer, X, y):
    """One training step on the batch X, y. Returns the loss before it, a number."""
    ...''',
    properties=step_properties,
    misconceptions=(
        Misconception(
            "targets-first",
            fed_in_wrong_order,
            "You give the loss the targets first. The order is logits, then targets: `loss_fn(model(X), y)`.",
            "A loss: CrossEntropyLoss takes logits",
        ),
        Misconception(
            "predictions-into-the-loss",
            fed_predictions,
            "You give the loss the winning classes. It wants the logits of all classes, (m, k); no gradient "
            "goes back through `argmax`.",
            "A loss: CrossEntropyLoss takes logits",
        ),
        Misconception(
            "softmax-before-the-loss",
            step_shows(fed_probabilities),
            "You give the loss probabilities. `CrossEntropyLoss` takes the softmax itself: with a second "
            "one before it the loss cannot come near 0. Give it the logits.",
            "Break it",
        ),
        Misconception(
            "no-backward",
            step_shows(lambda seen: "loss" in seen.names and "backward" not in seen.names),
            "`backward()` never runs, so no parameter learns what it did to the loss: call "
            "`loss.backward()` before `optimizer.step()`.",
            "An optimiser: SGD and Adam",
        ),
        Misconception(
            "step-before-backward",
            step_shows(lambda seen: before(seen.names, "step", "backward") and first_step_is_early(seen)),
            "`step()` comes before `backward()`: it moves the parameters by the gradients of the batch "
            "before, or not at all. First `backward()`, then `step()`.",
            "An optimiser: SGD and Adam",
        ),
        Misconception(
            "no-step",
            step_shows(lambda seen: stands(seen) and "backward" in seen.names and "step" not in seen.names),
            "The gradients are there, and nobody uses them: `optimizer.step()` is missing.",
            "An optimiser: SGD and Adam",
        ),
        Misconception(
            "own-optimiser",
            step_shows(lambda seen: not stands(seen) and "step" not in seen.names),
            "The weights move, and not by the optimiser that you were given. A new one in each step forgets "
            "what Adam and momentum remember: call `optimizer.step()`.",
            "An optimiser: SGD and Adam",
        ),
        Misconception(
            "zeroed-after-backward",
            step_shows(lambda seen: stands(seen) and zeroed_after_backward(seen.names)),
            "`zero_grad()` comes between `backward()` and `step()`: the gradients are gone before they are "
            "used, and nothing moves.",
            "An optimiser: SGD and Adam",
        ),
        Misconception(
            "no-zero-grad",
            step_shows(lambda seen: moved(seen, -STEP_RATE * (seen.gradient + STALE))),
            "The gradients of an earlier step are still in yours: `backward()` adds to them. Call "
            "`optimizer.zero_grad()` before `backward()`.",
            "An optimiser: SGD and Adam",
        ),
        Misconception(
            "tensor-returned",
            step_shows(lambda seen: is_tensor(seen.returned)),
            "You return a tensor. Kept in a list of losses, each one holds on to its part of the graph, and "
            "memory fills up: `loss.item()` is the number alone.",
        ),
        Misconception(
            "no-train-mode",
            step_shows(lambda seen: not any(seen.forward.training)),
            "The model came in `eval` mode, and you trained it in that mode. Call `model.train()` first: "
            "dropout and batch normalisation depend on it.",
            "Three switches: eval(), no_grad(), inference_mode()",
        ),
        Misconception(
            "loss-after-the-step",
            step_shows(
                lambda seen: (
                    moved(seen, -STEP_RATE * seen.gradient)
                    and close(as_number(seen.returned, "the loss"), seen.loss_after)
                )
            ),
            "The step is right. You return the loss after it, at the price of a second forward pass; you "
            "have the one before it already.",
        ),
    ),
    well_done="The same five lines train this network and the largest there is.",
)


# ---------------------------------------------------------------- on a device


def observe_device(answer, device="meta"):
    """One call, with all of model, X and y on the CPU at first."""
    import torch

    log = []
    model, X, y = batch_probe(log)
    returned, error, calls = calls_during(answer, torch.device(device), model, X, y)
    forward = dict(log).get("forward")
    moves = [(name, given) for name, given in calls if name in ("to", "cuda", "cpu", "mps", "xpu")]
    return SimpleNamespace(
        returned=returned,
        error=error,
        model_at=next(model.parameters()).device.type,
        X_at=forward.entered if forward else arrived_at(calls),
        X_moved=any(given and given[0] is X for _, given in moves),
        y_moved=any(given and given[0] is y for _, given in moves),
        elsewhere=[place for move in moves for place in places(*move) if place not in (device, "")],
        truth=(model, X, y),
    )


def arrived_at(calls):
    """Where the samples were when the first layer stopped the forward pass, by its own call."""
    return next((given[0].device.type for name, given in calls if name == "linear"), None)


def places(name, given):
    """Which devices a call of `to`, `cuda`, `cpu` … names."""
    import torch

    if name != "to":
        return [name]
    named = [g for g in given[1:] if isinstance(g, (str, torch.device))]
    return [torch.device(g).type for g in named]


def device_properties(answer):
    import torch
    from torch.nn.functional import cross_entropy

    seen = observe_device(answer, "cpu")
    if seen.error:
        raise seen.error
    got = as_tensor(seen.returned, (), "the loss")
    model, X, y = seen.truth
    expect(got.item(), cross_entropy(model(X), y).item(), "on the CPU the loss")
    if not got.requires_grad:
        raise Wrong("the loss is right, and `backward()` does not reach the model from it.")
    if any(p.grad is not None for p in model.parameters()):
        raise Wrong(
            "you call `backward()` in the function: it returns the loss, and its caller goes back from it."
        )
    seen = observe_device(answer, "meta")
    if seen.error and "meta" in str(seen.error):
        raise Wrong("on the CPU it works. On another device it stops: not everything is on that device.")
    if seen.error:
        raise seen.error
    got = as_tensor(seen.returned, (), "the loss on another device")
    if got.device != torch.device("meta") or seen.model_at != "meta":
        raise Wrong(
            f"asked for another device, you return a loss on {got.device.type}, with the model's weights on "
            f"{seen.model_at}."
        )


def device_shows(look):
    return lambda answer: bool(look(observe_device(answer)))


def nothing_moved(seen):
    here = is_tensor(seen.returned) and seen.returned.device.type == "cpu"
    return here and seen.model_at == "cpu" and not seen.X_moved and not seen.y_moved


def result_thrown_away(seen):
    lost_X = seen.X_moved and seen.X_at == "cpu"
    lost_y = seen.y_moved and seen.X_at == "meta" and y_was_left(seen.error)
    return not seen.elsewhere and (lost_X or (seen.model_at == "meta" and lost_y))


def y_was_left(error):
    """Whether this is the error of a loss that finds logits and targets on two devices."""
    return isinstance(error, RuntimeError) and "meta" in str(error) and "item()" not in str(error)


def fixed_device(answer):
    """A device named or chosen in the answer: all goes there although another one was asked for."""
    seen = observe_device(answer)
    chosen = "cpu" in seen.elsewhere and seen.X_moved and seen.X_at == seen.model_at == "cpu"
    return chosen or bool({"cuda", "mps", "xpu"} & set(observe_device(answer, "cpu").elsewhere))


def brought_back(answer):
    """A number, or a tensor on the CPU: on a device without numbers the way back is an error."""
    seen = observe_device(answer)
    back = isinstance(observe_device(answer, "cpu").returned, (int, float)) or "cpu" in seen.elsewhere
    return seen.X_at == seen.model_at == "meta" and back


DEVICE = InTorch(
    id="pytorch-device",
    name="my_loss_on",
    title="All on one device",
    stars=2,
    section="The device",
    stub='''def my_loss_on(device, model, X, y):
    """Cross-entropy of the model on X, y, computed on `device`: a tensor there."""
    ...''',
    properties=device_properties,
    misconceptions=(
        Misconception(
            "fixed-device",
            fixed_device,
            "You name or choose a device of your own, although another one was asked for: use the argument "
            "`device`, and nothing else. (On a machine without a GPU, `cuda` stops with an error.)",
        ),
        Misconception(
            "device-ignored",
            device_shows(nothing_moved),
            "Nothing goes to `device`: it all stays where it was. Move the model and both parts of the "
            "batch.",
        ),
        Misconception(
            "result-thrown-away",
            device_shows(result_thrown_away),
            "`X.to(device)` leaves X where it is and returns a copy that is there: keep it, `X = "
            "X.to(device)`, and the same for y. (Only a model's `to` moves the model itself.)",
        ),
        Misconception(
            "model-left-behind",
            device_shows(lambda seen: seen.X_moved and seen.model_at == "cpu"),
            "The batch goes to the device, and the weights stay behind: `model.to(device)`.",
        ),
        Misconception(
            "samples-left-behind",
            device_shows(lambda seen: not seen.X_moved and seen.model_at == "meta"),
            "The model goes to the device, and the samples X stay behind. Weights and samples are "
            "multiplied, so they have to be in the same place.",
        ),
        Misconception(
            "targets-left-behind",
            device_shows(lambda seen: seen.X_at == seen.model_at == "meta" and not seen.y_moved),
            "Model and samples are on the device, and the targets y stay behind: the loss needs both in the "
            "same place.",
        ),
        Misconception(
            "brought-back",
            brought_back,
            "You bring the loss back, with `.item()` or `.cpu()`. `backward()` needs the tensor with its "
            "graph, and each way back makes the CPU wait for the GPU: return the loss as it is.",
        ),
    ),
    well_done="Model, samples, targets: with all three in one place the same lines run on any device.",
)


# ---------------------------------------------------------------- load a file

FOREIGN_CODE = []  # what a file has run that should hold numbers only


def run_by_a_file():
    """Called by a file that is read as a pickle: what such a file does here it could do with your data."""
    FOREIGN_CODE.append("ran")
    return 0


class Stowaway:
    """As part of a file: reading it with `weights_only=False` calls `run_by_a_file`."""

    def __reduce__(self):
        return run_by_a_file, ()


def saved(thing, folder, name):
    import torch

    path = Path(folder) / name
    torch.save(thing, path)
    return path


def saved_on_a_gpu(path):
    """A copy of a file, saying that its tensors were on GPU number 99, which no machine has."""
    there = path.with_name("from-a-gpu.pt")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(there, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("data.pkl"):  # strings of a pickle: X, length in 4 bytes, text
                content = content.replace(b"X\x03\x00\x00\x00cpu", b"X\x07\x00\x00\x00cuda:99")
            new.writestr(name, content)
    return there


def load_probe(seed):
    """A network with parameters, buffers and dropout, all its numbers drawn from a seed.

    Its `strict` notes how its `load_state_dict` was called.
    """
    import torch
    from torch import nn

    class Probe(nn.Sequential):
        def __init__(self, *steps):
            super().__init__(*steps)
            self.strict = []

        def load_state_dict(self, state_dict, strict=True, assign=False):
            self.strict.append(strict)
            return super().load_state_dict(state_dict, strict=strict, assign=assign)

    model = Probe(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 3))
    with torch.no_grad():
        for i, (name, value) in enumerate(model.state_dict().items()):
            value.copy_(drawn(*value.shape, seed=100 * seed + i) if value.ndim else torch.tensor(7 + seed))
            if name.endswith("running_var"):
                value.abs_()
    return model


def observe_load(answer, what="weights"):
    """A call with one of four files. -> (what it returned, its error, the model, the weights of the file)"""
    model = load_probe(seed=0)
    state = {name: value.clone() for name, value in load_probe(seed=1).state_dict().items()}
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with tempfile.TemporaryDirectory() as folder:
        if what == "foreign":
            path = saved({**state, "0.bias": Stowaway()}, folder, "weights.pt")
        elif what == "incomplete":
            state.pop("3.bias")
            path = saved(state, folder, "weights.pt")
        else:
            path = saved(state, folder, "weights.pt")
            path = saved_on_a_gpu(path) if what == "from a GPU" else path
        FOREIGN_CODE.clear()
        returned = []
        error = error_of(lambda: returned.append(answer(model, path)))
    return SimpleNamespace(
        returned=returned[0] if returned else None,
        error=error,
        model=model,
        state=state,
        untouched=all(same(value, before[name]) for name, value in model.state_dict().items()),
        loose=False in model.strict,
    )


def has_weights(seen):
    return not others(seen)


def others(seen):
    """The names of what the model has otherwise than the file."""
    return [name for name, value in seen.model.state_dict().items() if not same(value, seen.state.get(name))]


def load_properties(answer):
    seen = observe_load(answer)
    if seen.error:
        raise seen.error
    if not has_weights(seen):
        raise Wrong(
            "after the call the model that you were given does not have what the file has, in "
            f"{', '.join(others(seen))}. `load_state_dict` takes parameters and buffers, whatever there is"
        )
    if seen.returned is not seen.model:
        raise Wrong(f"you should return the model itself, and return {describe(seen.returned)}.")
    if still := [name or "the model" for name, training in modes(seen.model).items() if training]:
        raise Wrong(f"still in train mode, and so not ready to predict: {', '.join(still)}. {ALONE}")
    if not all(p.requires_grad for p in seen.model.parameters()):
        raise Wrong("after the call a weight takes no gradient any more, which nobody asked for.")
    if not observe_load(answer, "incomplete").error:
        raise Wrong("a file of another network, in which one bias is missing, is taken without a word.")
    seen = observe_load(answer, "foreign")
    if FOREIGN_CODE:
        raise Wrong("a file with a program in it was read, and the program ran.")
    if not seen.error:
        raise Wrong("a file that holds more than weights is taken without a word.")
    if error := observe_load(answer, "from a GPU").error:
        raise Wrong(f"a file that was written on a GPU cannot be read where there is none: {error}")


def runs_foreign_code(answer):
    observe_load(answer, "foreign")
    return bool(FOREIGN_CODE)


def swallows_errors(answer):
    wrong = [observe_load(answer, what).error for what in ("foreign", "incomplete")]
    return has_weights(observe_load(answer)) and not any(wrong)


def takes_incomplete(answer):
    seen = observe_load(answer, "incomplete")
    return has_weights(observe_load(answer)) and not seen.error and seen.loose


def dictionary_for_model(seen):
    """A dictionary comes back, or the error of asking a dictionary for what only a model has."""
    asked = re.search(r"[dD]ict' object has no attribute '(eval|train|load_state_dict)'", str(seen.error))
    return isinstance(seen.returned, Mapping) or bool(asked)


def is_no_other_model(seen):
    return seen.returned is seen.model or not hasattr(seen.returned, "parameters")


def load_shows(look):
    return lambda answer: bool(look(observe_load(answer)))


LOAD = InTorch(
    id="pytorch-load",
    name="my_load",
    title="Weights from a file",
    stars=2,
    section="Save and load",
    stub='''def my_load(model, path):
    """Read a state_dict from a file into the model. Returns it, ready to predict.

    An error for a file of another network, and for one with more than weights in it.
    """
    ...''',
    properties=load_properties,
    misconceptions=(
        Misconception(
            "runs-foreign-code",
            runs_foreign_code,
            "You read the file with `weights_only=False`, and a program that was hidden in it ran. With "
            "`weights_only=True` PyTorch reads numbers and refuses everything else.",
        ),
        Misconception(
            "errors-swallowed",
            swallows_errors,
            "Your `except` hides that the file is wrong, and the caller goes on with a model that learned "
            "nothing. Let the error through.",
        ),
        Misconception(
            "not-strict",
            takes_incomplete,
            "With `strict=False` a file that lacks a part is taken in silence, and that part of the network "
            "keeps its random start. Leave `strict` as it is.",
        ),
        Misconception(
            "dictionary-returned",
            load_shows(dictionary_for_model),
            "You take the state_dict for the model. It is a dictionary of tensors, and no network: "
            "`model.load_state_dict(…)` puts it into the model, which you return.",
        ),
        Misconception(
            "keys-returned",
            load_shows(lambda seen: type(seen.returned).__name__ == "_IncompatibleKeys"),
            "You return what `load_state_dict` returns, a report on the names. The model itself was "
            "changed: return `model`.",
        ),
        Misconception(
            "read-and-dropped",
            load_shows(lambda seen: not seen.error and seen.untouched and is_no_other_model(seen)),
            "The model keeps its old weights: give what `torch.load` returns to `model.load_state_dict`.",
        ),
        Misconception(
            "no-eval",
            load_shows(lambda seen: has_weights(seen) and seen.model.training and seen.model[1].training),
            "The weights are right, and the model is in train mode. `model.eval()` makes it ready to "
            "predict.",
            "Three switches: eval(), no_grad(), inference_mode()",
        ),
        Misconception(
            "place-of-the-writer",
            lambda answer: (
                has_weights(observe_load(answer)) and observe_load(answer, "from a GPU").error is not None
            ),
            "A file remembers the device on which its tensors were. Written on a GPU, yours cannot be read "
            'where there is none: `map_location="cpu"`.',
        ),
    ),
    well_done="It reads numbers and nothing else, into the network that they belong to.",
)


# ---------------------------------------------------------------- evaluate

UNEQUAL, OTHERS = (3, 3, 1), (4, 4, 1)  # samples in each batch
SQUARE = (3, 3)  # with 3 classes a wrong axis fits


def evaluate_probe(sizes):
    """A loader with batches of these sizes, from 3 inputs and 3 classes."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    m = sum(sizes)
    y = torch.tensor([1, 1, 2, 0, 2, 2, 2, 2, 1, 2])[:m]
    return DataLoader(TensorDataset(drawn(m, 3, seed=21), y), batch_size=sizes[0])


def observe_evaluate(answer, sizes=UNEQUAL, train=True):
    import torch

    log = []
    model, loader = probe_model(3, 4, 3, log=log, seed=2), evaluate_probe(sizes)
    model.train(train)
    for p in model.parameters():
        p.grad = torch.full_like(p, STALE)
    before = [p.detach().clone() for p in model.parameters()]
    returned, error, calls = calls_during(answer, model, loader)
    if error:
        raise error
    gradients = torch.is_grad_enabled()
    return SimpleNamespace(
        returned=returned,
        calls=[note for name, note in log if name == "forward"],
        backward="backward" in {name for name, _ in calls},
        modes=[*modes(model).values()],
        frozen=not all(p.requires_grad for p in model.parameters()),
        gradients=gradients,
        unchanged=all(same(p, b) for p, b in zip(model.parameters(), before, strict=True)),
        grads_kept=all(p.grad is not None and bool((p.grad == STALE).all()) for p in model.parameters()),
        batches=batch_facts(model, loader),
    )


def batch_facts(model, loader):
    """For each batch: logits, targets, the losses of its samples, and which are right."""
    import torch
    from torch.nn.functional import cross_entropy

    with torch.no_grad():
        outs = [(model(X), y) for X, y in loader]
    return [
        SimpleNamespace(
            z=z, y=y, losses=cross_entropy(z, y, reduction="none"), right=(z.argmax(1) == y).double()
        )
        for z, y in outs
    ]


def over_all(batches, name):
    import torch

    return torch.cat([getattr(batch, name) for batch in batches]).mean().item()


def of_means(batches, name):
    return sum(getattr(batch, name).mean().item() for batch in batches) / len(batches)


def as_pair(returned):
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        raise Wrong(
            f"the result should be two numbers, `return loss, accuracy`, and is {describe(returned)}."
        )
    if any(map(is_tensor, returned)):
        raise Wrong(f"the result should be two Python numbers, and is {describe(returned)}.")
    return as_number(returned[0], "the loss"), as_number(returned[1], "the accuracy")


def evaluate_properties(answer):
    for train, sizes in ((True, UNEQUAL), (False, OTHERS)):
        seen = observe_evaluate(answer, sizes=sizes, train=train)
        loss, accuracy = as_pair(seen.returned)
        m, batches = sum(sizes), ", ".join(map(str, sizes))
        expect(
            loss, over_all(seen.batches, "losses"), f"the mean loss of {m} samples in batches of {batches}"
        )
        expect(accuracy, over_all(seen.batches, "right"), f"the accuracy on the same {m} samples")
        if any(any(call.training) for call in seen.calls):
            raise Wrong(f"while you measure, the model, or a part of it, is in train mode. {ALONE}")
        if any(call.gradients for call in seen.calls):
            raise Wrong("while you measure, PyTorch keeps a graph for gradients that nobody needs.")
        if not seen.gradients:
            raise Wrong("after the call gradients are off for the rest of the program.")
        if any(mode != train for mode in seen.modes):
            came, leaves = ("train", "eval") if train else ("eval", "train")
            raise Wrong(
                f"the model came in {came} mode, and it, or a part of it, leaves in {leaves} mode. {ALONE}"
            )
        if seen.frozen:
            raise Wrong(
                "after the call a weight takes no gradient any more: the model cannot go on learning."
            )
        if not seen.unchanged or not seen.grads_kept:
            raise Wrong("measuring should leave weights and gradients as they are, and yours are changed.")


def evaluate_shows(look, **probe):
    return lambda answer: bool(look(observe_evaluate(answer, **probe)))


def is_one_of(seen, *, loss=None, accuracy=None):
    """Whether the returned loss is this one; or it is right, and the accuracy is this wrong one."""
    got_loss, got_accuracy = (float(number) for number in seen.returned)
    right = [over_all(seen.batches, name) for name in ("losses", "right")]
    if not close(got_loss, right[0]):
        return loss is not None and close(got_loss, loss)
    return accuracy is not None and close(got_accuracy, accuracy) and not close(accuracy, right[1])


def down_the_columns(batch):
    return (batch.z.argmax(0) == batch.y).double()


def wrong_axis(seen):
    wrong = sum(down_the_columns(batch).sum().item() for batch in seen.batches) / sum(SQUARE)
    return is_one_of(seen, accuracy=wrong)


def mean_of_means(seen):
    batches = seen.batches
    return is_one_of(seen, loss=of_means(batches, "losses"), accuracy=of_means(batches, "right"))


def last_batch_only(seen):
    last = seen.batches[-1]
    return is_one_of(seen, loss=last.losses.mean().item(), accuracy=last.right.mean().item())


def divided_by_batches(seen):
    n = len(seen.batches)
    losses, right = (sum(getattr(b, name).sum().item() for b in seen.batches) for name in ("losses", "right"))
    return is_one_of(seen, loss=losses / n, accuracy=right / n)


def divided_by_samples(seen):
    """The means of the batches added up, and divided by the number of samples."""
    m, n = sum(UNEQUAL), len(seen.batches)
    means = (of_means(seen.batches, name) * n / m for name in ("losses", "right"))
    return is_one_of(seen, loss=next(means), accuracy=next(means))


def softmax_twice(seen):
    import torch
    from torch.nn.functional import cross_entropy

    losses = [cross_entropy(torch.softmax(b.z, dim=1), b.y, reduction="sum").item() for b in seen.batches]
    return is_one_of(seen, loss=sum(losses) / sum(UNEQUAL))


def swapped(seen):
    accuracy, loss = as_pair(seen.returned)
    return close(accuracy, over_all(seen.batches, "right")) and close(loss, over_all(seen.batches, "losses"))


EVALUATE = InTorch(
    id="pytorch-evaluate",
    name="my_evaluate",
    title="Measure a model without touching it",
    stars=3,
    section="The test",
    stub='''def my_evaluate(model, loader):
    """Mean cross-entropy and accuracy over all samples: `return loss, accuracy`.

    The model's weights, gradients and mode (train or eval) are afterwards as before.
    """
    ...''',
    properties=evaluate_properties,
    misconceptions=(
        Misconception(
            "swapped",
            evaluate_shows(swapped),
            "Both numbers are right, in the wrong order: first the loss, then the accuracy.",
        ),
        Misconception(
            "softmax-before-the-loss",
            evaluate_shows(softmax_twice),
            "You give the loss probabilities. `CrossEntropyLoss` takes the softmax itself: give it the "
            "logits.",
            "A loss: CrossEntropyLoss takes logits",
        ),
        Misconception(
            "last-batch-only",
            evaluate_shows(last_batch_only),
            "Your numbers are those of the last batch. Add up over all batches, and divide at the end. Does "
            "a line stand in the wrong place in the loop?",
        ),
        Misconception(
            "wrong-axis",
            evaluate_shows(wrong_axis, sizes=SQUARE),
            "`argmax(dim=0)` looks down a column: for each class, the sample with the largest logit. The "
            "prediction is the largest logit of each row: `dim=1`.",
            "Shapes",
        ),
        Misconception(
            "mean-of-means",
            evaluate_shows(mean_of_means),
            "You take the mean of the batches' means. The last batch is shorter, so its samples count for "
            "more: weight each mean by its number of samples, `len(y)`, and divide by all.",
        ),
        Misconception(
            "divided-by-batches",
            evaluate_shows(divided_by_batches),
            "You add up over the samples and divide by `len(loader)`, which is the number of batches. "
            "Divide by the number of samples.",
        ),
        Misconception(
            "means-divided-by-samples",
            evaluate_shows(divided_by_samples),
            "You add up the means of the batches and divide by the number of samples, which divides twice. "
            "Multiply each mean by `len(y)` first.",
        ),
        Misconception(
            "tensors-returned",
            evaluate_shows(lambda seen: any(is_tensor(number) for number in seen.returned)),
            "You return tensors. Numbers for a table or a plot are Python numbers: `.item()`.",
            "The training loop",
        ),
        Misconception(
            "no-eval",
            evaluate_shows(lambda seen: any(all(call.training) for call in seen.calls)),
            "The model is in train mode while you measure. `no_grad` does not change that: dropout would go "
            "on dropping. Call `model.eval()` first.",
            "Three switches: eval(), no_grad(), inference_mode()",
        ),
        Misconception(
            "backward-called",
            evaluate_shows(lambda seen: seen.backward),
            "You call `backward()` while you measure. Nothing is to be learned here, and the gradients of "
            "what you measure would get into training. Leave it out, and measure under `torch.no_grad()`.",
            "Three switches: eval(), no_grad(), inference_mode()",
        ),
        Misconception(
            "graph-kept",
            evaluate_shows(lambda seen: any(call.gradients for call in seen.calls)),
            "PyTorch keeps a graph of every batch that you measure, and nobody calls `backward()`. `eval()` "
            "does not change that: measure under `torch.no_grad()` or `inference_mode()`.",
            "Three switches: eval(), no_grad(), inference_mode()",
        ),
        Misconception(
            "gradients-left-off",
            evaluate_shows(lambda seen: not seen.gradients),
            "`torch.set_grad_enabled(False)` stays off after your function, and the next `backward()` "
            "fails. `with torch.no_grad():` puts it back by itself.",
            "Three switches: eval(), no_grad(), inference_mode()",
        ),
        Misconception(
            "left-in-eval",
            evaluate_shows(lambda seen: not any(seen.modes)),
            "The model came in train mode and leaves in `eval` mode, so the next epoch trains without "
            "dropout. Remember `model.training`, and put it back: `model.train(was)`.",
            "Three switches: eval(), no_grad(), inference_mode()",
        ),
        Misconception(
            "forced-into-train",
            evaluate_shows(lambda seen: all(seen.modes), train=False),
            "The model came in `eval` mode and leaves in train mode. Put back what was there, "
            "`model.train(was)`, whatever it was.",
            "Three switches: eval(), no_grad(), inference_mode()",
        ),
    ),
    well_done="Two switches on, every sample counted once, and the model as it came.",
)

EXERCISES = (LINEAR, TARGETS, LOADERS, DATASET, CROSS_ENTROPY, MODULE, STEP, DEVICE, LOAD, EVALUATE)
