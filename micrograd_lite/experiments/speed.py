"""The speed ladder: one training step of one network on Values, NumPy, PyTorch on the CPU and on a GPU.

    from micrograd_lite.experiments import speed
    task = speed.problem((64, 64, 10), batch=64)
    rungs = speed.rungs(task, device="cuda")  # name -> Rung; without a GPU the last one is left out
    assert speed.largest_difference(rungs) < 1e-12  # the same loss and gradients first
    seconds = speed.measure(rungs)  # name -> median seconds of a step

The network is linear, ReLU, linear with softmax cross-entropy; a step is forward, backward and an update of
plain gradient descent. `benchmarks/speed.py` prints it for any machine.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from micrograd_lite import losses
from micrograd_lite.nn import MLP
from micrograd_lite.optim import SGD

__all__ = [
    "Problem",
    "Rung",
    "additions",
    "largest_difference",
    "measure",
    "operations",
    "problem",
    "rungs",
    "synchronise",
    "with_numpy",
    "with_pytorch",
    "with_values",
]

LR = 0.01
NAMES = ("W1", "b1", "W2", "b2")


@dataclass(frozen=True)
class Problem:
    """Data and first weights, the same for every rung; arrays of float64.

    X (m, inputs), y (m,) class numbers, W1 (hidden, inputs), b1 (hidden,), W2 (classes, hidden) and
    b2 (classes,)
    """

    X: np.ndarray
    y: np.ndarray
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray

    @property
    def sizes(self):
        """(inputs, hidden, classes)"""
        return self.W1.shape[1], self.W1.shape[0], self.W2.shape[0]


def problem(sizes=(64, 64, 10), batch=64, seed=0):
    """Random data in 0..1, random classes, weights uniform in ±1/√inputs as nn.Linear starts them."""
    nin, hidden, classes = sizes
    rng = np.random.default_rng(seed)

    def weights(*shape, fan_in):
        return rng.uniform(-1.0, 1.0, shape) / np.sqrt(fan_in)

    return Problem(
        rng.uniform(0.0, 1.0, (batch, nin)),
        rng.integers(0, classes, batch),
        weights(hidden, nin, fan_in=nin),
        weights(hidden, fan_in=nin),
        weights(classes, hidden, fan_in=hidden),
        weights(classes, fan_in=hidden),
    )


@dataclass(frozen=True)
class Rung:
    """One way to make a training step.

    step() makes one. read() -> (the last step's loss, its gradients as arrays named W1, b1, W2, b2). wait()
    returns when all that was ordered is done: a GPU takes orders and works on its own.
    """

    step: Callable[[], None]
    read: Callable[[], tuple[float, dict[str, np.ndarray]]]
    wait: Callable[[], None] = lambda: None


def with_values(task):
    """The slowest rung: an MLP of Values in pure Python."""
    nin, *rest = task.sizes
    model = MLP(nin, rest, activation="relu")
    for layer, W, b in zip(model.layers, (task.W1, task.W2), (task.b1, task.b2), strict=True):
        for neuron, weights, bias in zip(layer.neurons, W.tolist(), b.tolist(), strict=True):
            neuron.b.data = bias
            for w, number in zip(neuron.w, weights, strict=True):
                w.data = number
    optimizer = SGD(model.parameters(), lr=LR)
    rows, targets, last = task.X.tolist(), task.y.tolist(), {}

    def step():
        last["loss"] = losses.cross_entropy([model(x) for x in rows], targets)
        optimizer.zero_grad()
        last["loss"].backward()
        optimizer.step()

    def read():
        found = {}
        for i, layer in enumerate(model.layers, 1):
            found[f"W{i}"] = np.array([[w.grad for w in neuron.w] for neuron in layer.neurons])
            found[f"b{i}"] = np.array([neuron.b.grad for neuron in layer.neurons])
        return last["loss"].data, found

    return Rung(step, read)


def with_numpy(task, dtype=np.float64):
    """The rung without a library for networks: whole layers at once, the backward pass written by hand."""
    X, y = task.X.astype(dtype), task.y
    W1, b1, W2, b2 = (getattr(task, name).astype(dtype) for name in NAMES)
    rows, last = np.arange(len(y)), {}

    def step():
        Z1 = X @ W1.T + b1  # (m, hidden)
        A1 = np.maximum(Z1, 0)
        Z2 = A1 @ W2.T + b2  # (m, classes)
        E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
        P = E / E.sum(axis=1, keepdims=True)
        last["loss"] = -np.log(P[rows, y]).mean()
        dZ2 = P
        dZ2[rows, y] -= 1
        dZ2 /= len(y)
        dZ1 = (dZ2 @ W2) * (Z1 > 0)
        gradients = dZ1.T @ X, dZ1.sum(axis=0), dZ2.T @ A1, dZ2.sum(axis=0)
        last["gradients"] = gradients
        for p, gradient in zip((W1, b1, W2, b2), gradients, strict=True):
            p -= LR * gradient

    return Rung(step, lambda: (float(last["loss"]), dict(zip(NAMES, last["gradients"], strict=True))))


def with_pytorch(task, device="cpu", dtype=torch.float64):
    """PyTorch's rungs. Model, inputs and targets move to the device once, before the first step."""
    nin, hidden, classes = task.sizes
    model = nn.Sequential(nn.Linear(nin, hidden), nn.ReLU(), nn.Linear(hidden, classes)).to(dtype)
    with torch.no_grad():
        for p, name in zip(model.parameters(), NAMES, strict=True):
            p.copy_(torch.from_numpy(getattr(task, name)))
    model.to(device)  # the dtype first: Apple's MPS takes no float64
    X, y = torch.from_numpy(task.X).to(dtype).to(device), torch.from_numpy(task.y).to(device)
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    last = {}

    def step():
        last["loss"] = loss_of(model(X), y)
        optimizer.zero_grad()
        last["loss"].backward()
        optimizer.step()

    def read():
        arrays = (p.grad.cpu().numpy() for p in model.parameters())
        return last["loss"].item(), dict(zip(NAMES, arrays, strict=True))

    return Rung(step, read, lambda: synchronise(device))


def synchronise(device):
    """Wait until the device has done all that it was told to do; the CPU is never behind.

    PyTorch documentation, "CUDA semantics", "Asynchronous execution".
    """
    kind = torch.device(device).type
    if kind == "cuda":
        torch.cuda.synchronize(device)
    elif kind == "mps":
        torch.mps.synchronize()


def rungs(task, device="cpu", exact=True, values=True):
    """Every rung of the ladder that this machine has: name -> Rung, from the slow end.

    device : where the rung "PyTorch GPU" works; left out for "cpu".
    exact : True for float64, to compare results (float32 on Apple's MPS, which has nothing else). False for
        float32 in NumPy and PyTorch, to take times: it is PyTorch's own default. Values are always float64.
    values : False leaves pure Python out, which takes minutes for a large network.
    """
    kind, kind_np = (torch.float64, np.float64) if exact else (torch.float32, np.float32)
    found = {"Value": with_values(task)} if values else {}
    found |= {"NumPy": with_numpy(task, kind_np), "PyTorch CPU": with_pytorch(task, "cpu", kind)}
    gpu = torch.device(device)
    if gpu.type != "cpu":
        found["PyTorch GPU"] = with_pytorch(task, gpu, torch.float32 if gpu.type == "mps" else kind)
    return found


def largest_difference(found):
    """One step on every rung; the largest distance of a loss or gradient from the first rung's."""
    results = []
    for rung in found.values():
        rung.step()
        loss, gradients = rung.read()
        results.append(np.concatenate([[loss], *(np.ravel(gradients[name]) for name in NAMES)]))
    return float(max(np.abs(result - results[0]).max() for result in results))


def measure(found, rounds=7, seconds=0.02, clock=time.perf_counter):
    """Median seconds of a step: name -> float.

    Each rung is warmed up, then they take turns, `rounds` times, so that a busy moment of the machine hits
    all of them. A turn is as many steps as fill about `seconds`, at least one. The clock is read when the
    work is done: after `wait()`, before the first step and after the last.
    """
    if rounds < 1:
        raise ValueError(f"measure needs at least one round, got {rounds}")
    steps = {name: _steps_in(rung, seconds, clock) for name, rung in found.items()}
    times = {name: [] for name in found}
    for _ in range(rounds):
        for name, rung in found.items():
            times[name].append(_turn(rung, steps[name], clock) / steps[name])
    return {name: statistics.median(some) for name, some in times.items()}


def _turn(rung, steps, clock):
    """Seconds for so many steps."""
    rung.wait()
    start = clock()
    for _ in range(steps):
        rung.step()
    rung.wait()
    return clock() - start


def _steps_in(rung, seconds, clock):
    """Warm the rung up; how many of its steps fill the time."""
    first = _turn(rung, 1, clock)  # it pays for what is set up once
    once = min(first, _turn(rung, 1, clock))  # a busy moment of the machine may hit one of the looks
    if once < seconds / 10:
        once = min(once, _turn(rung, 10, clock) / 10)
    return max(1, round(seconds / once)) if once > 0 else 100


def operations(rung):
    """The names of PyTorch's operations in one step of a rung, in order: forward, backward and update.

    Counted where PyTorch hands an operation to a device ("aten"), so `addmm` (a product and a sum) is one.
    """
    names = []

    class Recorder(TorchDispatchMode):
        def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
            if operation.namespace == "aten":
                names.append(operation.overloadpacket.__name__)
            return operation(*args, **(kwargs or {}))

    rung.step()  # what is set up once is no part of a step
    with Recorder():
        rung.step()
    return names


def additions(sizes, device="cpu", rounds=7):
    """What one addition costs, by the number of elements: way -> seconds, one for each of `sizes`.

    The ways: a Python list, NumPy, PyTorch on the CPU and, for another device, on the GPU; float32 in the
    last three.
    """
    found = {}
    for n in sizes:
        rng = np.random.default_rng(0)
        a, b = rng.uniform(size=n).astype(np.float32), rng.uniform(size=n).astype(np.float32)
        ways = {"Python list": _adding_lists(a.tolist(), b.tolist()), "NumPy": _adding(a, b)}
        ways["PyTorch CPU"] = _adding(torch.from_numpy(a), torch.from_numpy(b))
        gpu = torch.device(device)
        if gpu.type != "cpu":
            ways["PyTorch GPU"] = _adding(torch.from_numpy(a).to(gpu), torch.from_numpy(b).to(gpu), gpu)
        for name, seconds in measure(ways, rounds, seconds=0.002).items():
            found.setdefault(name, []).append(seconds)
    return found


def _adding(a, b, device="cpu"):
    return Rung(lambda: a + b, lambda: (0.0, {}), lambda: synchronise(device))


def _adding_lists(a, b):
    return Rung(lambda: [x + y for x, y in zip(a, b)], lambda: (0.0, {}))
