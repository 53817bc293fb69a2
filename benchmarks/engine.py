"""The engine beside its peers: `python benchmarks/engine.py` prints one table; `--quick` takes half a minute.

Every number comes from a process of its own, started for it; what is compared takes turns (A, B, A, B, …),
so that a slow moment of the machine hits both. A ratio is taken in each round; the table shows the median
and, as spread, the smallest and the largest. Losses and gradients of the libraries must agree before a time
counts. README.md beside this file says what each row is.

The peers are no dependencies of the course: `pip install micrograd autograd` (PyTorch is one already).
Without one, its rows say so. The exit status is 0 if every target is met, 1 if one is missed or could not be
measured.
"""

import argparse
import gc
import importlib
import importlib.metadata
import importlib.util
import json
import math
import os
import platform
import random
import subprocess
import sys
import time
import timeit
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ["numpy", "matplotlib.pyplot"]  # what a notebook has loaded besides
# Processor time, so that other programs disturb less; where it ticks too slowly (Windows), the wall clock.
clock = time.process_time if time.get_clock_info("process_time").resolution < 1e-5 else time.perf_counter
MODES = {True: "collector on", False: "collector off"}


# ==================================================================== what runs in a process of its own
# Each job takes keyword arguments that JSON can hold and returns a dict that JSON can hold.


def moons(samples=100, noise=0.1, seed=1337):
    """Two half circles, as scikit-learn's `make_moons` has them; targets -1 and +1. Python alone."""
    rng = random.Random(seed)
    half = samples // 2
    angles = [math.pi * i / (half - 1) for i in range(half)]
    outer = [(math.cos(a), math.sin(a), -1) for a in angles]
    inner = [(1 - math.cos(a), 0.5 - math.sin(a), 1) for a in angles]
    points = [([x + rng.gauss(0, noise), y + rng.gauss(0, noise)], t) for x, y, t in outer + inner]
    return [x for x, _ in points], [t for _, t in points]


def demo_step(library="micrograd_lite", fused=True, steps=5, least=0.0):
    """micrograd's demo: an MLP 2 → 16 → 16 → 1 on 100 moons, max-margin loss + L2, the same weights anywhere.

    Seconds for each step (forward, backward, update and the release of the graph), after one to warm up.
    At least `steps` of them and at least `least` seconds, so that a fast library is watched as long as a slow
    one.
    """
    engine = importlib.import_module(f"{library}.engine")
    nn = importlib.import_module(f"{library}.nn")
    model = nn.MLP(2, [16, 16, 1]) if library == "micrograd" else nn.MLP(2, [16, 16, 1], activation="relu")
    if library == "micrograd_lite" and not fused:
        _take_neurons_apart(model)
    rng = random.Random(1337)
    for p in model.parameters():
        p.data = rng.uniform(-1, 1)
    x, y = moons()
    total_loss = _fused_loss if fused else _loss_node_by_node
    losses, seconds, gradients = [], [], None
    for k in range(100):
        if k > steps and sum(seconds) > least:
            break
        start = clock()
        loss = total_loss(model, x, y, engine.Value)
        model.zero_grad()
        loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        losses.append(loss.data)
        del loss
        seconds.append(clock() - start)
        gradients = gradients or [p.grad for p in model.parameters()]
    return {"seconds": median(seconds[1:]), "losses": losses[: steps + 1], "gradients": gradients}


def _loss_node_by_node(model, x, y, Value):
    """As it stands in the demo: one node for each elementary operation."""
    inputs = [list(map(Value, row)) for row in x]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    return data_loss + 1e-4 * sum(p * p for p in model.parameters())


def _fused_loss(model, x, y, Value):
    """As a page of the course writes it."""
    from micrograd_lite.losses import hinge, l2

    return hinge([model(row) for row in x], y) + 1e-4 * l2(model.parameters())


def _take_neurons_apart(model):
    """Make every neuron of the package compute with `*` and `+` instead of one `dot` node."""
    from micrograd_lite.nn import ACTIVATIONS, Neuron

    class ElementaryNeuron(Neuron):
        def __call__(self, x):
            return ACTIVATIONS[self.activation](sum((w * v for w, v in zip(self.w, x)), self.b))

    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.__class__ = ElementaryNeuron


def expression(a, b, tanh, exp):
    """Eleven operations; a, b, c and e are used more than once."""
    c = a * b
    e = (c + a).tanh() if tanh is None else tanh(c + a)
    g = (e * c + b**2) * 0.1
    h = g.exp() if exp is None else exp(g)
    return h / (e * e + 1.0)


def scalar_expression(library="micrograd_lite", batches=9, repeats=300):
    """Seconds for `expression` forward and backward, once, by a library's own scalars."""
    once = {"micrograd_lite": _with_values, "torch": _with_tensors, "autograd": _with_autograd}[library]()
    result = once()
    seconds = []
    for _ in range(batches):
        start = clock()
        for _ in range(repeats):
            once()
        seconds.append((clock() - start) / repeats)
    return {"seconds": median(seconds[1:]), "losses": result[:1], "gradients": result[1:]}


def _with_values():
    from micrograd_lite import Value

    def once():
        a, b = Value(0.7), Value(-1.3)
        out = expression(a, b, None, None)
        out.backward()
        return out.data, a.grad, b.grad

    return once


def _with_tensors():
    import torch

    def once():
        a = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
        b = torch.tensor(-1.3, dtype=torch.float64, requires_grad=True)
        out = expression(a, b, None, None)
        out.backward()
        return out.item(), a.grad.item(), b.grad.item()

    return once


def _with_autograd():
    import autograd.numpy as np
    from autograd import value_and_grad

    with_gradient = value_and_grad(lambda a, b: expression(a, b, np.tanh, np.exp), argnum=(0, 1))

    def once():
        value, (da, db) = with_gradient(0.7, -1.3)
        return float(value), float(da), float(db)

    return once


OPERATIONS = [
    "a + 1",
    "a - 1",
    "a * 2",
    "a / 2",
    "a ** 2",
    "a + 1.5",
    "a * 2.5",
    "a ** -0.5",
    "a + b",
    "a * b",
]


def operations(library="micrograd_lite", repeat=9, number=20_000):
    """Seconds for each of OPERATIONS, the fastest of `repeat` times `number`: what disturbs only adds."""
    names = {"a": _value(library)(1.5), "b": _value(library)(0.7)}
    return {
        "seconds": {
            what: min(timeit.repeat(what, globals=names, number=number, repeat=repeat, timer=clock)) / number
            for what in OPERATIONS
        }
    }


def gpt(library="micrograd_lite", steps=12):
    """Seconds for a step of a tiny GPT on single numbers, the median after one to warm up: gpt_step.py."""
    from gpt_step import train

    seconds, losses = train(_value(library), clock, steps)
    return {"seconds": median(seconds[1:]), "losses": losses, "gradients": []}


def _value(library):
    from gpt_step import PlainValue

    from micrograd_lite import Value

    return {"micrograd_lite": Value, "plain": PlainValue}[library]


def mixed(n):
    """An expression of n Values: of 8, 1 is a leaf, 4 have two inputs, 3 have one; p and w are used twice."""
    from micrograd_lite import Value

    x = Value(0.5)
    for _ in range((n - 1) // 8):
        w = Value(0.25)
        p = x * w
        q = p + x
        t = q.tanh()
        r = t * p
        u = r.sigmoid()
        v = u - w
        x = v * 0.5
    return x


def per_node(n=1000, least=200_000, repeats=3):
    """Seconds for each Value of `mixed(n)`, forward + backward. The release of the graph is not in it."""
    mixed(1001).backward()
    seconds = []
    for _ in range(max(repeats, least // n)):
        start = clock()
        out = mixed(n)
        out.backward()
        seconds.append(clock() - start)
        del out
    return {"seconds": median(seconds) / (1 + 8 * ((n - 1) // 8))}


def memory(n=100_001):
    """Bytes for each Value of `mixed(n)`, after backward; and the most there were during backward."""
    import tracemalloc

    mixed(1001).backward()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    out = mixed(n)
    out.backward()
    after, peak = tracemalloc.get_traced_memory()
    return {"bytes": (after - before) / n, "peak": (peak - before) / n, "data": out.data}


def picture(values=100, repeats=9):
    """Seconds from a graph of so many Values to its SVG, as a notebook asks for it: the first, later ones."""
    from micrograd_lite import Value
    from micrograd_lite.graph import draw

    out = Value(0.5, label="x")
    for i in range((values - 1) // 3):
        out = (out * Value(0.1 + i)).tanh()
    if (values - 1) % 3:
        raise ValueError(f"values is 1 more than a multiple of 3, got {values}")
    out.backward()
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        bundle, _ = draw(out)._repr_mimebundle_()
        seconds.append(time.perf_counter() - start)
        if "image/svg+xml" not in bundle:
            raise RuntimeError(f"there is no picture: {bundle['text/html'][:200]}")
    return {"seconds": median(seconds[1:]), "first": seconds[0]}


JOBS = {f.__name__: f for f in [demo_step, scalar_expression, operations, gpt, per_node, memory, picture]}


def work(job, collector=True, beside=(), **arguments):
    """What a fresh process does: one job. Says also what was loaded, which the collector has to visit."""
    for name in beside:
        importlib.import_module(name)
    if not collector:
        gc.disable()
    result = JOBS[job](**arguments)
    packages = {name.split(".")[0] for name in sys.modules} - sys.stdlib_module_names
    packages = sorted(name for name in packages if not name.startswith("_"))
    print(json.dumps({**result, "modules": len(sys.modules), "packages": packages}))


# ==================================================================== what the first process does


def fresh(job, **arguments):
    """Run a job in a process of its own and return its result."""
    request = json.dumps({"job": job, **arguments})
    command = [sys.executable, str(Path(__file__).resolve()), "--work", request]
    done = subprocess.run(command, env=_environment(), cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{job} failed in its process ({request}):\n{done.stderr}")
    return json.loads(done.stdout)


def _environment():
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def in_turns(rounds, *requests):
    """Run the requests one after the other, `rounds` times: for each request its list of results."""
    results = [[] for _ in requests]
    for _ in range(rounds):
        for request, kept in zip(requests, results):
            kept.append(fresh(**request))
    return results


def agree(ours, theirs, what):
    """Stop unless both came to the same losses and gradients: a time for other numbers is worth nothing."""
    for mine, other in zip(ours, theirs, strict=True):
        for kind in ("losses", "gradients"):
            for a, b in zip(mine[kind], other[kind], strict=True):
                if not math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12):
                    sys.exit(f"{what}: the {kind} differ, {a!r} and {b!r}; no time is shown")


def _number(x):
    """Three digits, without an exponent: 0.123, 12.3, 1234."""
    return f"{x:.0f}" if abs(x) >= 100 else f"{x:.3g}"


class Table:
    """Rows of (what, target, measured, spread, verdict); prints each as soon as it is there."""

    HEAD = ("What is measured", "Target", "Median", "Smallest – largest", "Verdict")
    WIDTHS = (88, 7, 28, 22, 12)

    def __init__(self):
        self.missed, self.notes = 0, {}
        self._print(self.HEAD)
        self._print(["-" * width for width in self.WIDTHS])

    def row(self, what, numbers, unit="", least=None, most=None, beside=""):
        """`numbers`: one for each round; `least` or `most`: the target; `beside`: stands by the median."""
        middle = median(numbers)
        met = (least is None or middle >= least) and (most is None or middle <= most)
        self.missed += not met
        target = f"≥ {least:g}{unit}" if least else f"≤ {most:g}{unit}" if most else "none"
        verdict = "for context" if target == "none" else "met" if met else "MISSED"
        spread = (
            f"{_number(min(numbers))} – {_number(max(numbers))}{unit}" if len(numbers) > 1 else "one process"
        )
        self._print((what, target, f"{_number(middle)}{unit}{beside}", spread, verdict))

    def absent(self, what, why):
        self.missed += 1
        self._print((what, "", "not measured", why, "NOT MEASURED"))

    def _print(self, cells):
        print("| " + " | ".join(f"{c:<{w}}" for c, w in zip(cells, self.WIDTHS)) + " |", flush=True)


def there_is(table, package, what):
    """Whether a peer is installed; if not, a row that says what to do."""
    found = importlib.util.find_spec(package) is not None
    if not found:
        table.absent(what, f"pip install {package}")
    return found


def compare_demo(table, rounds, steps):
    plans = [  # collector, what else is loaded, target of the dot nodes, target of one node per operation
        (True, [], 40, 5),
        (False, [], 6.5, 1.4),
        (True, NOTEBOOK, None, None),
    ]
    if not there_is(table, "micrograd", "demo step: micrograd / dot nodes, one node per operation"):
        return
    for collector, beside, least_fused, least_elementary in plans:
        how = {
            "job": "demo_step",
            "steps": steps,
            "least": 0.2 * steps,
            "collector": collector,
            "beside": beside,
        }
        theirs, fused, elementary = in_turns(
            rounds,
            {**how, "library": "micrograd", "fused": False},
            {**how, "fused": True},
            {**how, "fused": False},
        )
        where = "beside NumPy and Matplotlib" if beside else "alone"
        table.notes[where] = f"{_loaded(theirs)}; {_loaded(fused)}"
        for ours, nodes, least in [
            (fused, "dot nodes", least_fused),
            (elementary, "one node per operation", least_elementary),
        ]:
            agree(ours, theirs, "micrograd's demo step")
            name = f"demo step: micrograd / {nodes}, {MODES[collector]}, {where}"
            table.row(name, _ratios(theirs, ours), "×", least=least, beside=_times(theirs, ours, 1e3, "ms"))


def compare_scalars(table, rounds, batches):
    for library, name in [("torch", "PyTorch scalar tensors"), ("autograd", "HIPS autograd")]:
        what = f"11 operations forward + backward: {name} / Value"
        if there_is(table, library, what):
            how = {"job": "scalar_expression", "batches": batches}
            theirs, ours = in_turns(rounds, {**how, "library": library}, how)
            agree(ours, theirs, what)
            table.row(what, _ratios(theirs, ours), "×", least=5, beside=_times(theirs, ours, 1e6, "µs"))


def compare_operations(table, rounds, number):
    """An operation of the engine beside the same of a Value that checks nothing, the fastest round."""
    how = {"job": "operations", "number": number, "collector": False}
    ours, plain = in_turns(rounds, how, {**how, "library": "plain"})
    for what in OPERATIONS:
        a, b = ([r["seconds"][what] for r in results] for results in (ours, plain))
        most = None if "b" in what else 1.2
        beside = f" ({_number(min(a) * 1e9)} / {_number(min(b) * 1e9)} ns)"
        table.row(f"{what}: Value / bare Value", [min(a) / min(b)], "×", most=most, beside=beside)


def compare_gpt(table, rounds, steps):
    for collector, least in [(False, 1.0), (True, 1.0)]:
        how = {"job": "gpt", "steps": steps, "collector": collector}
        plain, ours = in_turns(rounds, {**how, "library": "plain"}, how)
        agree(ours, plain, "the step of a tiny GPT")
        what = f"step of a tiny GPT: bare Value / Value, {MODES[collector]}"
        table.row(what, _ratios(plain, ours), "×", least=least, beside=_times(plain, ours, 1e3, "ms"))


def _loaded(results):
    """What a process had loaded when it was done: the collector visits all of it."""
    packages = ", ".join(results[0]["packages"])
    return f"{results[0]['modules']} modules, from outside the standard library: {packages}"


def _ratios(theirs, ours):
    return [a["seconds"] / b["seconds"] for a, b in zip(theirs, ours, strict=True)]


def _times(theirs, ours, scale, unit):
    a, b = (median(r["seconds"] for r in results) * scale for results in (theirs, ours))
    return f" ({_number(a)} / {_number(b)} {unit})"


def growth(table, rounds, sizes, most):
    for collector in (True, False):
        results = in_turns(rounds, *({"job": "per_node", "n": n, "collector": collector} for n in sizes))
        costs = [[r["seconds"] * 1e9 for r in result] for result in results]
        for n, cost in zip(sizes, costs):
            table.row(f"forward + backward per node, {n:,} nodes, {MODES[collector]}", cost, " ns")
        start = sizes.index(10_000)  # below, a graph fits into the caches and uses the same memory again
        ratios = [large / small for small, large in zip(costs[start], costs[-1], strict=True)]
        what = f"growth of that from {sizes[start]:,} to {sizes[-1]:,} nodes, {MODES[collector]}"
        table.row(what, ratios, "×", most=most)


def bytes_per_node(table):
    result = fresh("memory")
    most = 260 if sys.version_info < (3, 14) else 284  # a tuple takes 8 bytes more from 3.14 on
    what = "memory per node after backward (tracemalloc), mixed(100001)"
    table.row(what, [result["bytes"]], " B", most=most, beside=f" (during: {result['peak']:.0f} B)")


def import_time(table, rounds):
    """Wall time of a whole `python -c`, with and without the import, in turns."""
    seconds = {"pass": [], "import micrograd_lite": []}
    for _ in range(rounds + 1):
        for statement, kept in seconds.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], env=_environment(), cwd=ROOT, check=True)
            kept.append(time.perf_counter() - start)
    without, with_it = (kept[1:] for kept in seconds.values())  # the first may have to write bytecode
    added = [(b - a) * 1e3 for a, b in zip(without, with_it)]
    beside = f" ({median(without) * 1e3:.3g} without)"
    table.row("import micrograd_lite, added to Python's start", added, " ms", most=30, beside=beside)


def pictures(table, rounds):
    (results,) = in_turns(rounds, {"job": "picture"})
    later = [r["seconds"] * 1e3 for r in results]
    first = [r["first"] * 1e3 for r in results]
    table.row("graph of 100 values to SVG", later, " ms", most=150)
    table.row("the same, the first picture of a process", first, " ms")


def machine():
    """CPU, system, Python and versions, in words."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].split(":", 1)[1].strip() if names else cpu
    versions = []
    for package in ("micrograd", "autograd", "torch", "numpy", "matplotlib"):
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{package} not installed")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}; {python}; {', '.join(versions)}"


def main():
    parser = argparse.ArgumentParser(description="Measure the engine beside its peers; prints one table.")
    parser.add_argument("--quick", action="store_true", help="one round and smaller graphs: does it run?")
    parser.add_argument("--work", metavar="JSON", help="used by the script itself: one job in this process")
    options = parser.parse_args()
    if options.work:
        work(**json.loads(options.work))
        return 0
    quick = options.quick
    print(f"{machine()}\n")
    table = Table()
    compare_demo(table, rounds=1 if quick else 7, steps=2 if quick else 5)
    compare_scalars(table, rounds=1 if quick else 7, batches=3 if quick else 9)
    compare_operations(table, rounds=1 if quick else 7, number=2000 if quick else 20_000)
    compare_gpt(table, rounds=1 if quick else 7, steps=3 if quick else 12)
    if quick:
        growth(table, 1, [1000, 10_000], most=None)  # the target is for a million nodes
    else:
        growth(table, 5, [1000, 10_000, 100_000, 1_000_000], most=1.3)
    bytes_per_node(table)
    import_time(table, rounds=3 if quick else 21)
    pictures(table, rounds=1 if quick else 5)
    print("\nLoaded in the processes of the demo step, micrograd's and ours:")
    for where, modules in table.notes.items():
        print(f"- {where}: {modules}")
    print(f"\nTargets missed or not measured: {table.missed}")
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
