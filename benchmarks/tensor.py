"""The engine for tables beside hand-written NumPy, PyTorch, HIPS autograd and the engine of Values.

`python benchmarks/tensor.py` prints one table; `--quick` takes half a minute. It measures as `engine.py`
beside it does: every number comes from a process of its own with one thread, what is compared takes turns, a
ratio is taken in each round, the table shows the median and the spread. Losses and gradients must agree
before a time counts. README.md says what each row is.

autograd is no dependency of the course: `pip install autograd`. Without it, its row says so. The exit status
is 0 if every target is met, 1 if one is missed or could not be measured.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
import engine
from engine import ROOT, Table, agree, clock, there_is

# One thread. And memory that is freed stays with the process (glibc), as it does in PyTorch: else every large
# array is a new one from the system, page by page, which can take longer than the step itself.
SURROUNDINGS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
SURROUNDINGS |= {"MALLOC_TRIM_THRESHOLD_": str(2**28), "MALLOC_MMAP_THRESHOLD_": str(2**27)}
SMALL, LARGE = (64, 64, 10), (784, 256, 128, 10)
LR = 0.01


# ==================================================================== what runs in a process of its own


def task(sizes, batch=64):
    """X (batch, sizes[0]) in 0…1, y class numbers, and first weights: a list of (W, b) for each layer."""
    rng = np.random.default_rng(0)
    X, y = rng.uniform(0.0, 1.0, (batch, sizes[0])), rng.integers(0, sizes[-1], batch)
    layers = [(rng.normal(0.0, n**-0.5, (n, m)), np.zeros(m)) for n, m in pairwise(sizes)]
    return X, y, layers


# Each contestant makes one training step of a ReLU network with softmax cross-entropy and plain gradient
# descent, and returns the loss and the gradients in the order W1, b1, W2, …


def with_tensors(X, y, layers):
    """As a page of the course writes it."""
    from micrograd_lite.tensor import MLP, cross_entropy

    model = MLP(len(layers[0][0]), [len(b) for _, b in layers], activation="relu", seed=0)
    parameters = model.parameters()
    for p, start in zip(parameters, [array for layer in layers for array in layer], strict=True):
        p.data = start.copy()

    def step():
        loss = cross_entropy(model(X), y)
        model.zero_grad()
        loss.backward()
        for p in parameters:
            p.data -= LR * p.grad
        return loss.data, [p.grad for p in parameters]

    return step


def with_numpy(X, y, layers):
    """By hand: the same formulas, the softmax and the loss in one, the update in place."""
    layers = [(W.copy(), b.copy()) for W, b in layers]
    rows = np.arange(len(y))

    def step():
        inputs = [X]
        for W, b in layers[:-1]:
            inputs.append(np.maximum(inputs[-1] @ W + b, 0))
        W, b = layers[-1]
        Z = inputs[-1] @ W + b
        Z -= Z.max(axis=1, keepdims=True)
        log_P = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
        loss = -log_P[rows, y].sum() / len(y)
        D = np.exp(log_P)
        D[rows, y] -= 1
        D /= len(y)
        gradients = []
        for k in range(len(layers) - 1, -1, -1):
            gradients[:0] = [inputs[k].T @ D, D.sum(axis=0)]
            if k > 0:
                D = (D @ layers[k][0].T) * (inputs[k] > 0)
        for p, gradient in zip((array for layer in layers for array in layer), gradients):
            p -= LR * gradient
        return loss, gradients

    return step


def with_pytorch(X, y, layers):
    """`nn.Sequential`, `CrossEntropyLoss` and `optim.SGD`, in float64 as the others."""
    import torch

    parts = []
    for W, b in layers:
        linear = torch.nn.Linear(*W.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(W.T))
            linear.bias.copy_(torch.tensor(b))
        parts += [linear, torch.nn.ReLU()]
    model, loss_of = torch.nn.Sequential(*parts[:-1]), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    X, y = torch.tensor(X), torch.tensor(y)
    parameters = list(model.parameters())

    def step():
        loss = loss_of(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach(), [p.grad.t() if p.ndim == 2 else p.grad for p in parameters]

    return step


def with_autograd(X, y, layers):
    """HIPS autograd: the derivative of a function of all parameters."""
    import autograd.numpy as anp
    from autograd import value_and_grad

    parameters = [array.copy() for layer in layers for array in layer]
    rows = np.arange(len(y))

    def loss_of(parameters):
        A = X
        for k in range(0, len(parameters), 2):
            A = anp.maximum(A, 0) if k else A
            A = A @ parameters[k] + parameters[k + 1]
        Z = A - anp.max(A, axis=1, keepdims=True)
        log_P = Z - anp.log(anp.sum(anp.exp(Z), axis=1, keepdims=True))
        return -anp.sum(log_P[rows, y]) / len(y)

    with_gradient = value_and_grad(loss_of)

    def step():
        loss, gradients = with_gradient(parameters)
        for p, gradient in zip(parameters, gradients):
            p -= LR * gradient
        return loss, gradients

    return step


CONTESTANTS = {
    "Tensor": with_tensors,
    "NumPy": with_numpy,
    "PyTorch": with_pytorch,
    "autograd": with_autograd,
}


def training_step(contestant="Tensor", sizes=SMALL, turns=9, turn=0.03):
    """Seconds for one training step: the median of `turns` turns of about `turn` seconds each.

    With the losses of the first steps, and of the first gradients length, ends and middle for each parameter.
    """
    step = CONTESTANTS[contestant](*task(sizes))
    losses, gradients = [], []
    for k in range(10):
        loss, found = step()
        losses.append(float(loss))
        if k == 0:
            for g in map(np.ravel, map(np.asarray, found)):
                gradients += [float(np.linalg.norm(g)), *map(float, (g[0], g[len(g) // 2], g[-1]))]
    return {"seconds": _turns(step, turns, turn), "losses": losses, "gradients": gradients}


def _turns(step, turns, turn):
    """Median seconds of a step; a turn is as many steps as take `turn` seconds."""
    start = clock()
    for _ in range(10):
        step()
    steps = max(1, round(10 * turn / max(clock() - start, 1e-6)))
    seconds = []
    for _ in range(turns):
        start = clock()
        for _ in range(steps):
            step()
        seconds.append((clock() - start) / steps)
    return median(seconds)


def moons_step(kind="Tensor", loss="hinge", steps=5, turns=5, turn=0.1):
    """The step of micrograd's demo, 2 → 16 → 16 → 1 on 100 moons, from the same weights.

    kind : "Tensor", or "Value" (7,142 of them with "hinge").
    loss : "hinge" is max-margin loss + L2, as in the demo; "bce" cross-entropy from logits alone.

    Seconds, the losses of the first steps and the first gradients, neuron by neuron.
    """
    x, y = engine.moons()
    rng = random.Random(1337)
    start = [rng.uniform(-1, 1) for _ in range(337)]
    step, gradients_of = (_moons_of_tensors if kind == "Tensor" else _moons_of_values)(x, y, start, loss)
    losses, gradients = [], None
    for k in range(steps):
        losses.append(step(1.0 - 0.9 * k / 100))
        gradients = gradients or gradients_of()
    seconds = _turns(lambda: step(0.01), turns, turn)
    return {"seconds": seconds, "losses": losses, "gradients": gradients}


def _moons_of_values(x, y, start, loss):
    from micrograd_lite import MLP
    from micrograd_lite.losses import binary_cross_entropy_with_logits, hinge, l2

    model = MLP(2, [16, 16, 1], activation="relu")
    parameters = model.parameters()
    for p, number in zip(parameters, start, strict=True):
        p.data = number
    targets = [(t + 1) // 2 for t in y]

    def step(rate):
        scores = [model(row) for row in x]
        if loss == "hinge":
            total = hinge(scores, y) + 1e-4 * l2(parameters)
        else:
            total = binary_cross_entropy_with_logits(scores, targets)
        model.zero_grad()
        total.backward()
        for p in parameters:
            p.data -= rate * p.grad
        return total.data

    return step, lambda: [p.grad for p in parameters]


def _moons_of_tensors(x, y, start, loss):
    from micrograd_lite.tensor import MLP, binary_cross_entropy_with_logits

    model = MLP(2, [16, 16, 1], activation="relu", seed=0)
    parameters = model.parameters()
    x, y = np.array(x), np.array(y, float).reshape(-1, 1)
    targets = (y + 1) / 2
    numbers = iter(start)
    for layer in model.layers:
        for k in range(layer.W.shape[1]):  # neuron by neuron: its weights, its bias
            layer.W.data[:, k] = [next(numbers) for _ in layer.W.data]
            layer.b.data[k] = next(numbers)

    def step(rate):
        scores = model(x)
        if loss == "hinge":
            total = (1 - y * scores).relu().mean() + 1e-4 * sum((p * p).sum() for p in parameters)
        else:
            total = binary_cross_entropy_with_logits(scores, targets)
        model.zero_grad()
        total.backward()
        for p in parameters:
            p.data -= rate * p.grad
        return total.item()

    def gradients():
        neurons = [np.vstack([layer.W.grad, layer.b.grad]).T for layer in model.layers]
        return np.concatenate([table.ravel() for table in neurons]).tolist()

    return step, gradients


JOBS = {f.__name__: f for f in [training_step, moons_step]}


# ==================================================================== what the first process does


def fresh(job, **arguments):
    """Run a job in a process of its own, with one thread, and return its result."""
    request = json.dumps({"job": job, **arguments})
    command = [sys.executable, str(Path(__file__).resolve()), "--work", request]
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, **SURROUNDINGS, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{job} failed in its process ({request}):\n{done.stderr}")
    return json.loads(done.stdout)


def in_turns(rounds, *requests):
    """Run the requests one after the other, `rounds` times: for each request its list of results."""
    rounds = [[fresh(**request) for request in requests] for _ in range(rounds)]
    return list(zip(*rounds))


def compare_steps(table, sizes, rounds, most, least, **how):
    """Rows for one network: hand-written NumPy (at most `most`), PyTorch (at least `least`), autograd."""
    name = f"training step {'-'.join(map(str, sizes))}, batch 64"
    wanted = ["Tensor", "NumPy", "PyTorch"]
    if there_is(table, "autograd", f"{name}: HIPS autograd / Tensor"):
        wanted.append("autograd")
    requests = [{"job": "training_step", "contestant": c, "sizes": sizes, **how} for c in wanted]
    ours, *others = in_turns(rounds, *requests)
    for contestant, theirs in zip(wanted[1:], others):
        agree(ours, theirs, f"{name}, {contestant}")
        if contestant == "NumPy":
            row = f"{name}: Tensor / hand-written NumPy"
            table.row(row, _ratios(ours, theirs), "×", most=most, beside=_times(ours, theirs))
        else:
            bound = least if contestant == "PyTorch" else None
            row = f"{name}: {contestant} / Tensor"
            table.row(row, _ratios(theirs, ours), "×", least=bound, beside=_times(theirs, ours))


def compare_moons(table, rounds, **how):
    for loss, what, least in [
        ("hinge", "max-margin + L2, 7,142 Values", 100),
        ("bce", "cross-entropy, 6,939 Values", None),
    ]:
        requests = [{"job": "moons_step", "kind": kind, "loss": loss, **how} for kind in ("Value", "Tensor")]
        theirs, ours = in_turns(rounds, *requests)
        agree(ours, theirs, f"the moons' step, {loss}")
        row = f"the moons' step, {what}: Value / Tensor"
        table.row(row, _ratios(theirs, ours), "×", least=least, beside=_times(theirs, ours))


def _ratios(above, below):
    return [a["seconds"] / b["seconds"] for a, b in zip(above, below, strict=True)]


def _times(above, below):
    a, b = (median(r["seconds"] for r in results) * 1e6 for results in (above, below))
    return f" ({a:,.0f} / {b:,.0f} µs)"


def main():
    parser = argparse.ArgumentParser(description="Measure Tensors beside their peers; prints one table.")
    parser.add_argument("--quick", action="store_true", help="one round and short turns: does it run?")
    parser.add_argument("--work", metavar="JSON", help="used by the script itself: one job in this process")
    options = parser.parse_args()
    if options.work:
        request = json.loads(options.work)
        print(json.dumps(JOBS[request.pop("job")](**request)))
        return 0
    quick = options.quick
    rounds, how = (1, {"turns": 3, "turn": 0.005}) if quick else (11, {})
    print(f"{engine.machine()}; one thread\n")
    table = Table()
    compare_steps(table, SMALL, rounds, most=1.10, least=2, **how)
    compare_steps(table, LARGE, rounds, most=1.05, least=None, **how)
    compare_moons(table, 1 if quick else 7, **how)
    print(f"\nTargets missed or not measured: {table.missed}")
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
