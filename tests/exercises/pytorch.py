"""Answers to the exercises of the first edition: right ones, and a wrong one for each misconception.

Each answer is source code, as a learner writes it in the page; SETUP is what the page has imported by then.
DIAGNOSED holds wrong answers that no misconception of their own names, and what is said to them.
"""

SETUP = """
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset
import micrograd_lite as mg
"""

LINEAR = """
def my_linear(X, weight, bias):
    return {}
"""

TARGETS = """
def my_targets(labels):
    return {}
"""

LOADERS = """
def my_loaders(train_data, val_data):
    train = DataLoader({train})
    val = DataLoader({val})
    return train, val
"""


def loaders(train="train_data, batch_size=64, shuffle=True", val="val_data, batch_size=64"):
    return LOADERS.format(train=train, val=val)


DATASET = """
class MyDigits(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return {length}

    def __getitem__(self, i):
        image, label = self.images[i], self.labels[i]
        return {x}, {y}
"""


def dataset(
    x="torch.tensor(image.reshape(64) / 16, dtype=torch.get_default_dtype())",
    y="int(label)",
    length="len(self.images)",
):
    return DATASET.format(x=x, y=y, length=length)


CROSS_ENTROPY = """
def my_cross_entropy(logits, y):
    rows = torch.arange(len(y))
    {}
"""
STABLE = "return (torch.logsumexp(logits, dim=1) - logits[rows, y]).mean()"


def cross_entropy(line=STABLE):
    return CROSS_ENTROPY.format(line)


MODULE = """
class MyNetwork(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = {keep}([nn.Linear(n, k) for n, k in zip(sizes, sizes[1:])])

    def forward(self, X):
        for layer in self.layers[:-1]:
            X = {between}(layer(X))
        X = self.layers[-1](X)
        return {out}
"""


def module(keep="nn.ModuleList", between="torch.relu", out="X"):
    return MODULE.format(keep=keep, between=between, out=out)


STEP = """
def my_step(model, loss_fn, optimizer, X, y):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(X), y)
    loss.backward()
    optimizer.step()
    return loss.item()
"""
DEVICE = """
def my_loss_on(device, model, X, y):
    {model}
    {X}
    {y}
    return {out}
"""


def on_device(
    model="model.to(device)",
    X="X = X.to(device)",
    y="y = y.to(device)",
    out="nn.CrossEntropyLoss()(model(X), y)",
):
    return DEVICE.format(model=model, X=X, y=y, out=out)


LOAD = """
def my_load(model, path):
    state = torch.load(path, {how})
    {put}
    model.eval()
    return {out}
"""


def load(
    how='weights_only=True, map_location="cpu"',
    put="model.load_state_dict(state)",
    out="model",
):
    return LOAD.format(how=how, put=put, out=out)


EVALUATE = """
def my_evaluate(model, loader):
    was = model.training
    model.eval()
    loss, right, count = 0.0, 0, 0
    with torch.no_grad():
        for X, y in loader:
            logits = model(X)
            loss += nn.CrossEntropyLoss()(logits, y).item() * len(y)
            right += (logits.argmax(dim=1) == y).sum().item()
            count += len(y)
    model.train(was)
    return loss / count, right / count
"""
MEAN_OF_MEANS = """
def my_evaluate(model, loader):
    was = model.training
    model.eval()
    losses, accuracies = [], []
    with torch.no_grad():
        for X, y in loader:
            logits = model(X)
            losses.append(nn.CrossEntropyLoss()(logits, y).item())
            accuracies.append((logits.argmax(dim=1) == y).double().mean().item())
    model.train(was)
    return sum(losses) / len({loader}), sum(accuracies) / len({loader})
"""

RIGHT = {
    "pytorch-linear": [
        LINEAR.format("X @ weight.T + bias"),
        LINEAR.format("torch.einsum('mi,oi->mo', X, weight) + bias"),
        LINEAR.format("(weight @ X.T).T + bias"),
        LINEAR.format("torch.stack([torch.stack([(w * x).sum() for w in weight]) + bias for x in X])"),
    ],
    "pytorch-targets": [
        TARGETS.format("torch.tensor(labels[:, 0], dtype=torch.int64)"),
        TARGETS.format("torch.from_numpy(labels).long().reshape(-1)"),
        TARGETS.format("torch.tensor([int(row[0]) for row in labels])"),
        TARGETS.format("torch.tensor(labels).squeeze(1).to(torch.long)"),
    ],
    "pytorch-loaders": [
        loaders(),
        loaders(val="val_data, batch_size=64, shuffle=False"),
        """
def my_loaders(train_data, val_data):
    draws = torch.Generator().manual_seed(0)
    return [
        DataLoader(train_data, 64, shuffle=True, generator=draws),
        DataLoader(val_data, 64),
    ]
""",
    ],
    "pytorch-dataset": [
        dataset(),
        dataset(x="torch.tensor(image).flatten() / 16", y="torch.tensor(label, dtype=torch.int64)"),
        """
class MyDigits(Dataset):
    def __init__(self, images, labels):
        self.X = torch.tensor(images).reshape(len(images), -1).to(torch.get_default_dtype()) / 16
        self.y = torch.tensor(labels).long()

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.X[i], self.y[i]
""",
    ],
    "pytorch-cross-entropy": [
        cross_entropy(),
        cross_entropy("return -torch.log_softmax(logits, dim=1)[rows, y].mean()"),
        """
def my_cross_entropy(logits, y):
    z = logits - logits.max(dim=1, keepdim=True).values
    log_p = z - z.exp().sum(dim=1, keepdim=True).log()
    return -log_p.gather(1, y.reshape(-1, 1)).mean()
""",
        """
def my_cross_entropy(logits, y):
    total = 0.0
    for row, k in zip(logits, y):
        top = row.max()
        total = total + top + torch.log(torch.exp(row - top).sum()) - row[k]
    return total / len(y)
""",
    ],
    "pytorch-module": [
        module(),
        """
class MyNetwork(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        steps = []
        for n, k in zip(sizes, sizes[1:]):
            steps += [nn.Linear(n, k), nn.ReLU()]
        self.net = nn.Sequential(*steps[:-1])

    def forward(self, X):
        return self.net(X)
""",
        """
class MyNetwork(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for n, k in zip(sizes, sizes[1:]):
            self.weights.append(nn.Parameter(torch.randn(k, n) / n**0.5))
            self.biases.append(nn.Parameter(torch.zeros(k)))

    def forward(self, X):
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            X = (X if i == 0 else X.clamp(min=0)) @ weight.T + bias
        return X
""",
    ],
    "pytorch-step": [
        STEP,
        """
def my_step(model, loss_fn, optimizer, X, y):
    model.train()
    loss = loss_fn(model(X), y)
    model.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss.detach())
""",
        """
def my_step(model, loss_fn, optimizer, X, y):
    model.train(True)
    logits = model(X)
    loss = loss_fn(logits, y)
    for p in model.parameters():
        p.grad = None
    loss.backward()
    number = loss.detach().numpy().item()
    optimizer.step()
    optimizer.zero_grad()
    return number
""",
    ],
    "pytorch-device": [
        on_device(),
        on_device(X="", y="", out="F.cross_entropy(model(X.to(device)), y.to(device=device))"),
        on_device(
            model="model = model.to(device, non_blocking=True)",
            X="X, y = (t.to(device) for t in (X, y))",
            y="",
        ),
    ],
    "pytorch-load": [
        load(),
        load(how='map_location=torch.device("cpu")'),
        """
def my_load(model, path):
    with open(path, "rb") as file:
        model.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    return model.eval()
""",
    ],
    "pytorch-evaluate": [
        EVALUATE,
        """
@torch.inference_mode()
def my_evaluate(model, loader):
    was = model.training
    model.eval()
    outs = [(model(X), y) for X, y in loader]
    model.train(was)
    logits, y = torch.cat([z for z, _ in outs]), torch.cat([y for _, y in outs])
    return F.cross_entropy(logits, y).item(), (logits.argmax(1) == y).double().mean().item()
""",
        """
def my_evaluate(model, loader):
    was, on = model.training, torch.is_grad_enabled()
    model.train(False)
    torch.set_grad_enabled(False)
    try:
        loss = right = 0.0
        for X, y in loader:
            z = model(X)
            loss += float(F.cross_entropy(z, y, reduction="sum"))
            right += int((z.max(dim=1).indices == y).sum())
    finally:
        torch.set_grad_enabled(on)
        model.train(was)
    return [loss / len(loader.dataset), right / len(loader.dataset)]
""",
    ],
}

WRONG = {
    "pytorch-linear": {
        "weight-not-transposed": LINEAR.format("X @ weight + bias"),
        "samples-in-columns": LINEAR.format("weight @ X.T + bias[:, None]"),
        "bias-per-sample": LINEAR.format("X @ weight.T + bias.reshape(-1, 1)"),
        "bias-forgotten": LINEAR.format("X @ weight.T"),
        "graph-cut": LINEAR.format(
            "torch.tensor(X.numpy() @ weight.detach().numpy().T + bias.detach().numpy())"
        ),
        "ready-made": LINEAR.format("F.linear(X, weight, bias)"),
    },
    "pytorch-targets": {
        "still-numpy": TARGETS.format("labels.astype(np.int64)[:, 0]"),
        "one-hot": TARGETS.format("F.one_hot(torch.tensor(labels[:, 0]).long(), 10)"),
        "argmax-of-a-column": TARGETS.format("torch.tensor(labels).argmax(dim=1)"),
        "column-left": TARGETS.format("torch.tensor(labels).long()"),
        "squeezed-away": TARGETS.format("torch.tensor(labels).long().squeeze()"),
        "floats-left": TARGETS.format("torch.tensor(labels[:, 0])"),
        "other-whole-numbers": TARGETS.format("torch.tensor(labels[:, 0]).int()"),
    },
    "pytorch-loaders": {
        "used-up-after-one-epoch": loaders().replace("return train, val", "return iter(train), iter(val)"),
        "validation-is-training": loaders(val="train_data, batch_size=64"),
        "batch-size-missing": loaders(train="train_data, shuffle=True", val="val_data"),
        "samples-lost": loaders(train="train_data, batch_size=64, shuffle=True, drop_last=True"),
        "training-not-shuffled": loaders(train="train_data, batch_size=64"),
        "validation-shuffled": loaders(val="val_data, batch_size=64, shuffle=True"),
    },
    "pytorch-dataset": {
        "label-first": dataset(x="int(label)", y="torch.tensor(image.reshape(64) / 16)"),
        "index-ignored": """
class MyDigits(Dataset):
    def __init__(self, images, labels):
        self.X = torch.tensor(images).reshape(-1, 64) / 16
        self.y = torch.tensor(labels).long()

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.X, self.y
""",
        "whole-numbers-left": dataset(x="torch.tensor(image).reshape(64)"),
        "not-scaled": dataset(x="torch.tensor(image.reshape(64), dtype=torch.get_default_dtype())"),
        "scaled-as-bytes": dataset(x="torch.tensor(image.reshape(64) / 255)"),
        "scaled-picture-by-picture": dataset(x="torch.tensor(image.reshape(64) / image.max())"),
        "not-flattened": dataset(x="torch.tensor(image / 16)"),
        "other-precision": dataset(x="torch.tensor(image.reshape(64) / 16).float()"),
        "one-hot-label": dataset(y="F.one_hot(torch.tensor(int(label)), 10)"),
        "float-label": dataset(y="float(label)"),
        "label-as-in-the-file": dataset(y="label"),
        "wrong-length": dataset(length="len(self.images[0])"),
    },
    "pytorch-cross-entropy": {
        "softmax-twice": cross_entropy("return F.cross_entropy(torch.softmax(logits, dim=1), y)"),
        "overflows": cross_entropy("return -torch.softmax(logits, dim=1)[rows, y].log().mean()"),
        "probability-held-up": cross_entropy(
            "return -(torch.softmax(logits, dim=1)[rows, y] + 1e-9).log().mean()"
        ),
        "over-the-samples": cross_entropy(STABLE.replace("dim=1) -", "dim=0)[y] -")),
        "every-sample-with-every-target": cross_entropy(
            "return -torch.log_softmax(logits, dim=1)[:, y].mean()"
        ),
        "sum-instead-of-mean": cross_entropy(STABLE.replace("mean", "sum")),
        "sign-lost": cross_entropy("return torch.log_softmax(logits, dim=1)[rows, y].mean()"),
        "logarithm-forgotten": cross_entropy("return -torch.softmax(logits, dim=1)[rows, y].mean()"),
        "graph-cut": cross_entropy(STABLE.replace("return ", "return torch.tensor(") + ".item())"),
        "ready-made": cross_entropy("return nn.CrossEntropyLoss()(logits, y)"),
    },
    "pytorch-module": {
        "super-forgotten": module().replace("        super().__init__()\n", ""),
        "layers-made-in-forward": """
class MyNetwork(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes

    def forward(self, X):
        layers = [nn.Linear(n, k) for n, k in zip(self.sizes, self.sizes[1:])]
        for layer in layers[:-1]:
            X = torch.relu(layer(X))
        return layers[-1](X)
""",
        "plain-list": module(keep="list"),
        "softmax-on-the-logits": module(out="torch.softmax(X, dim=1)"),
        "relu-on-the-logits": module(out="torch.relu(X)"),
        "no-activation": module(between=""),
        "classes-instead-of-logits": module(out="X.argmax(dim=1)"),
    },
    "pytorch-step": {
        "targets-first": STEP.replace("(model(X), y)", "(y, model(X))"),
        "predictions-into-the-loss": STEP.replace("model(X)", "model(X).argmax(dim=1)"),
        "softmax-before-the-loss": STEP.replace("model(X)", "torch.softmax(model(X), dim=1)"),
        "no-backward": STEP.replace("    loss.backward()\n", ""),
        "step-before-backward": """
def my_step(model, loss_fn, optimizer, X, y):
    model.train()
    loss = loss_fn(model(X), y)
    optimizer.zero_grad()
    optimizer.step()
    loss.backward()
    return loss.item()
""",
        "no-step": STEP.replace("    optimizer.step()\n", ""),
        "own-optimiser": STEP.replace(
            "optimizer.step()", "torch.optim.SGD(model.parameters(), lr=0.1).step()"
        ),
        "zeroed-after-backward": """
def my_step(model, loss_fn, optimizer, X, y):
    model.train()
    loss = loss_fn(model(X), y)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()
""",
        "no-zero-grad": STEP.replace("    optimizer.zero_grad()\n", ""),
        "tensor-returned": STEP.replace("loss.item()", "loss"),
        "no-train-mode": STEP.replace("    model.train()\n", ""),
        "loss-after-the-step": STEP.replace("return loss.item()", "return loss_fn(model(X), y).item()"),
    },
    "pytorch-device": {
        "fixed-device": on_device(model='model.to("cuda")', X='X = X.to("cuda")', y='y = y.to("cuda")'),
        "device-ignored": on_device(model="", X="", y=""),
        "result-thrown-away": on_device(X="X.to(device)", y="y.to(device)"),
        "model-left-behind": on_device(model=""),
        "samples-left-behind": on_device(X=""),
        "targets-left-behind": on_device(y=""),
        "brought-back": on_device(out="nn.CrossEntropyLoss()(model(X), y).item()"),
    },
    "pytorch-load": {
        "runs-foreign-code": load(how='weights_only=False, map_location="cpu"'),
        "errors-swallowed": """
def my_load(model, path):
    try:
        model.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    except Exception as error:
        print(error)
    return model.eval()
""",
        "not-strict": load(put="model.load_state_dict(state, strict=False)"),
        "dictionary-returned": load(out="state"),
        "keys-returned": """
def my_load(model, path):
    model.eval()
    return model.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
""",
        "read-and-dropped": load(put=""),
        "no-eval": load().replace("    model.eval()\n", ""),
        "place-of-the-writer": load(how="weights_only=True"),
    },
    "pytorch-evaluate": {
        "swapped": EVALUATE.replace("loss / count, right / count", "right / count, loss / count"),
        "softmax-before-the-loss": EVALUATE.replace("model(X)", "torch.softmax(model(X), dim=1)"),
        "wrong-axis": EVALUATE.replace("argmax(dim=1)", "argmax(dim=0)"),
        "last-batch-only": EVALUATE.replace("+=", "="),
        "mean-of-means": MEAN_OF_MEANS.format(loader="loader"),
        "divided-by-batches": EVALUATE.replace("/ count", "/ len(loader)"),
        "means-divided-by-samples": MEAN_OF_MEANS.format(loader="loader.dataset"),
        "tensors-returned": EVALUATE.replace(".item()", ""),
        "no-eval": EVALUATE.replace("    model.eval()\n", ""),
        "backward-called": EVALUATE.replace("with torch.no_grad():", "if True:").replace(
            "            loss += nn.CrossEntropyLoss()(logits, y).item() * len(y)\n",
            "            batch = nn.CrossEntropyLoss()(logits, y)\n            batch.backward()\n"
            "            loss += batch.item() * len(y)\n",
        ),
        "graph-kept": EVALUATE.replace("with torch.no_grad():", "if True:"),
        "gradients-left-off": EVALUATE.replace(
            "with torch.no_grad():", "torch.set_grad_enabled(False)\n    if True:"
        ),
        "left-in-eval": EVALUATE.replace("    model.train(was)\n", ""),
        "forced-into-train": EVALUATE.replace("model.train(was)", "model.train()"),
    },
}

DIAGNOSED = {
    "pytorch-linear": [
        (LINEAR.format("X @ weight.reshape(weight.T.shape) + bias"), "entry [0][0], should be"),
        (LINEAR.format("X.mul_(2) @ weight.T / 2 + bias"), "changes what it is given, `X`: work on a copy"),
        (LINEAR.format("(X @ weight.T + bias).tolist()"), "should be a tensor of shape (5, 2)"),
        (LINEAR.format("weight.mean() + torch.zeros(len(X), len(weight))"), "entry [0][0], should be"),
        (LINEAR.format("X.dot(weight)"), "It stopped with an error. RuntimeError"),
        (LINEAR.format("X @ nn.Parameter(weight).T + nn.Parameter(bias)"), "in a new `nn.Parameter(…)`"),
        (LINEAR.format("(X @ weight.T + bias).detach() + 0 * weight.sum()"), "and the graph is cut"),
    ],
    "pytorch-targets": [
        (TARGETS.format("torch.tensor([1, 2, 3, 4][: len(labels)])"), "you give the classes [1, 2, 3, 4]"),
        (TARGETS.format("torch.tensor(labels).long().reshape(1, -1)"), "the shape (4,), and has (1, 4)"),
        (TARGETS.format("labels[:, 0].tolist()"), "should be a tensor of shape (4,)"),
        (TARGETS.format("torch.tensor(labels[:, 0]).bool()"), "the wrong type"),
    ],
    "pytorch-loaders": [
        (loaders(val="val_data, batch_size=64, drop_last=True"), "The last, shorter batch is missing"),
        (
            loaders(train="train_data, batch_size=32, shuffle=True"),
            "should have 64 samples, and the first has 32",
        ),
        (loaders(train="val_data, batch_size=64, shuffle=True"), "gives 70, 0 of them its own"),
        (
            loaders(train="train_data, batch_size=64", val="val_data, batch_size=64, shuffle=True"),
            "Training meets the same batches",
        ),
        (
            LOADERS.format(train="train_data", val="val_data").replace("train, val\n", "train\n"),
            "should be two loaders",
        ),
        (
            "def my_loaders(train_data, val_data):\n    return train_data, val_data\n",
            "a DataLoader gives pairs of a batch X and a batch y; you return TensorDataset",
        ),
    ],
    "pytorch-dataset": [
        (
            dataset(x="torch.tensor(image.T.reshape(64) / 16)"),
            "and the rows of the picture one after the other",
        ),
        (
            dataset(x="torch.tensor(image[:4].reshape(32) / 16)"),
            "should have X of shape (3, 64), and has (3, 32)",
        ),
        (dataset(x="None"), "a part of the sample is missing"),
        (dataset(x="torch.tensor(self.images.flatten() / 16)"), "`data[2]` gives all pictures"),
        (dataset(x="torch.tensor(image.reshape(64) // 16)"), "`//` throws the fraction away"),
        (dataset().replace("self.images, self.labels = images, labels", "pass"), "no attribute 'images'"),
        (dataset(x="[image]"), "can make no batch of tensors"),
        (
            dataset(x="torch.tensor(image.reshape(64) / self.images.max())"),
            "should be 0.0625, and is 0.07143",
        ),
        (dataset(x="image.reshape(64) / 16"), "x should be a tensor, as a model takes it"),
        (
            dataset().replace("        return torch", "        image //= 2\n        return torch"),
            "the arrays that you were given hold other numbers",
        ),
        (
            dataset().replace(
                "        return torch",
                "        self.labels[i] += 1\n        label -= 0\n        return torch",
            ),
            "the arrays that you were given hold other numbers",
        ),
        (dataset(y="int(label) + 1"), "The targets of the first three samples should be [3, 0, 9], int64"),
        (dataset().replace("__len__", "size"), "is not the number of pictures"),
        (
            dataset().replace("return torch", "return [torch").replace("int(label)\n", "int(label), 1]\n"),
            "is a pair",
        ),
    ],
    "pytorch-cross-entropy": [
        (
            cross_entropy(STABLE.replace("return", "loss =") + "\n    loss.backward()\n    return loss"),
            "You call `backward()` in the function",
        ),
        (
            cross_entropy(STABLE.replace("mean()", "sum() / 4")),
            "The mean of the first three samples should be",
        ),
        (cross_entropy(STABLE.replace(".mean()", "")), "The loss should have the shape (), and has (4,)"),
        (
            cross_entropy("z = logits - logits.max()\n    return (z.exp().sum(1).log() - z[rows, y]).mean()"),
            "subtract each row's own maximum",
        ),
        (cross_entropy(STABLE.replace("mean", "median")), "The mean of four samples should be"),
        (
            cross_entropy("return (logits.exp().sum(dim=1).log() - logits[rows, y]).mean()"),
            "Right for small logits",
        ),
        (
            cross_entropy(
                "top = logits.max(dim=1, keepdim=True).values\n    "
                "p = torch.softmax(logits - top, dim=1)\n    return -(p[rows, y] + 1e-300).log().mean()"
            ),
            "for logits of ±1000 your loss is far too small",
        ),
        (
            cross_entropy("return (torch.logsumexp(logits.detach(), dim=1) - logits[rows, y]).mean()"),
            "its gradient by the logits is not",
        ),
        (
            cross_entropy(
                "p, safe = torch.softmax(logits, dim=1), torch.log_softmax(logits, dim=1)\n    "
                "return -torch.where(p > 0, p.log(), safe)[rows, y].mean()"
            ),
            "a loss or a gradient is inf or nan",
        ),
        (
            cross_entropy("return F.nll_loss(torch.log_softmax(logits, dim=1), y)"),
            "PyTorch's own cross-entropy",
        ),
    ],
    "pytorch-module": [
        (
            module(between="(lambda X: X if X.shape[1] == sizes_in else torch.relu(X))").replace(
                "            X = (", "            sizes_in = layer.in_features\n            X = ("
            ),
            "For sizes (4, 4, 4, 4) the first logit of a sample should be",
        ),
        (
            module()
            .replace(
                "nn.ModuleList([nn.Linear(n, k)", "nn.ModuleList([made.setdefault((n, k), nn.Linear(n, k))"
            )
            .replace("        self.layers", "        made = {}\n        self.layers"),
            "A layer that is used twice counts once",
        ),
        (
            "made = {}" + module().replace("[nn.Linear(n, k)", "[made.setdefault((n, k), nn.Linear(n, k))"),
            "share parameters: to train one is to train both",
        ),
        (
            """
from functools import cache

@cache
def MyNetwork(sizes):
    layers = [layer for n, k in zip(sizes, sizes[1:]) for layer in (nn.Linear(n, k), nn.ReLU())]
    return nn.Sequential(*layers[:-1])
""",
            "share parameters: to train one is to train both",
        ),
        (
            module().replace("nn.Linear(n, k)", "nn.Linear(n, k, bias=False)"),
            "the parameters should have the shapes",
        ),
        (module(between="(lambda X: torch.relu(X).detach())"), "`backward()` does not reach the weights"),
        (module(between="F.dropout"), "with ReLU between the layers"),
        (module(between="torch.tanh"), "with ReLU between the layers and nothing after the last one"),
        (module(out="None"), "is None. Is a `return` missing?"),
        (
            module().replace("sizes[1:])", "sizes[1:-1])"),
            "the parameters should have the shapes (5, 6), (5,)",
        ),
        (
            module()
            .replace("self.layers = nn.ModuleList", "self.layers = list")
            .replace("        super().__init__()\n", ""),
            "`super().__init__()` is missing",
        ),
        (module(out="X.detach()"), "`backward()` does not reach the weights"),
        ("def MyNetwork(sizes):\n    return list(sizes)\n", "should be an `nn.Module`, and is list"),
    ],
    "pytorch-step": [
        (STEP.replace("loss_fn(", "F.cross_entropy("), "The loss that you are given is never computed"),
        (STEP.replace("loss_fn(", "nn.CrossEntropyLoss()("), "The loss that you are given is never computed"),
        (
            STEP.replace("model.train()", "model.training = True"),
            "`model.training = …` reaches the model alone",
        ),
        (
            STEP.replace("loss_fn(model(X), y)", "loss_fn(model(X), y).detach().requires_grad_()"),
            "the first weight should move by",
        ),
        (STEP.replace("loss.item()", "None"), "The loss that you return is None"),
        (STEP.replace("loss = loss_fn", "loss = 2 * loss_fn"), "the first weight should move by"),
        (STEP.replace("loss.item()", "loss.detach()"), "`loss.item()` is the number alone"),
        (STEP.replace("loss.item()", "loss.item() + 1"), "The loss that you return should be"),
        (STEP.replace("model(X)", "model(X).detach()"), "does not require grad"),
        ("def my_step(model, loss_fn, optimizer, X, y):\n    return 1.0\n", "The model is never asked"),
        (
            "def my_step(model, loss_fn, optimizer, X, y):\n    model.train()(X)\n    return 1.0\n",
            "The loss that you are given is never computed",
        ),
    ],
    "pytorch-device": [
        (
            on_device(out="loss").replace(
                "    return", "    loss = F.cross_entropy(model(X), y)\n    loss.backward()\n    return"
            ),
            "You call `backward()` in the function",
        ),
        (
            on_device(model="", X="", y="", out="F.cross_entropy(model(X), y).to(device)"),
            "with the model's weights on cpu",
        ),
        (on_device(X="X = X.cuda()"), "You name or choose a device of your own"),
        (on_device(model="model.cuda()"), "You name or choose a device of your own"),
        (
            on_device(model='device = "cuda" if torch.cuda.is_available() else "cpu"\n    model.to(device)'),
            "You name or choose a device of your own",
        ),
        (
            on_device(model="torch.set_default_device(device)", X="", y=""),
            "Nothing goes to `device`",
        ),
        (on_device(out="nn.CrossEntropyLoss()(model(X), y).cpu()"), "You bring the loss back"),
        (on_device(y="y.to(device)"), "leaves X where it is and returns a copy"),
        (on_device(out="nn.CrossEntropyLoss()(model(X), y).detach()"), "does not reach the model"),
        (on_device(out="nn.CrossEntropyLoss()(model(X), y) * 2"), "On the CPU the loss should be"),
        (on_device(out="nothing"), "NameError"),
        (
            on_device(out="F.cross_entropy(model(X), y) if device.type == 'cpu' else 1 / 0"),
            "ZeroDivisionError",
        ),
    ],
    "pytorch-load": [
        (
            load(
                put="with torch.no_grad():\n        for n, p in model.named_parameters(): p.copy_(state[n])"
            ),
            "does not have what the file has, in 1.running_mean, 1.running_var",
        ),
        (
            load().replace("model.eval()", "model.training = False"),
            "`model.training = …` reaches the model alone",
        ),
        (load(put="model.load_state_dict({**model.state_dict(), **state})"), "is taken without a word"),
        (
            load(put="model = type(model)(*model)\n    model.load_state_dict(state)"),
            "return the model itself",
        ),
        ("def my_load(model, path):\n    return model.eval()", "The model keeps its old weights"),
        (
            load(put="model.load_state_dict(state)\n    model.requires_grad_(False)"),
            "takes no gradient any more",
        ),
        (load(put="list(state)", out="model").replace("    model.eval()\n", ""), "keeps its old weights"),
        (
            """
def my_load(model, path):
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except Exception:
        return model
    model.load_state_dict(state)
    return model.eval()
""",
            "a file that holds more than weights is taken without a word",
        ),
        (load(put="model = state"), "It is a dictionary of tensors, and no network"),
        (load(out="None"), "You should return the model itself"),
        (load(how='weights_only=True, map_location="nowhere"'), "It stopped with an error"),
    ],
    "pytorch-evaluate": [
        (
            EVALUATE.replace("model.train(was)", "model.training = was"),
            "`model.training = …` reaches the model alone",
        ),
        (
            EVALUATE.replace("model.eval()", "model.training = False"),
            "`model.training = …` reaches the model alone",
        ),
        (EVALUATE.replace("right / count", "round(right / count, 1)"), "should be 0.4286, and is 0.4."),
        (EVALUATE.replace("right / count", "round(right / count, 3)"), "should be 0.4286, and is 0.429."),
        (EVALUATE.replace("/ count", "/ 10"), "The mean loss of 7 samples"),
        (
            EVALUATE.replace("count += len(y)", "count += len(y)\n            break"),
            "The mean loss of 7 samples",
        ),
        (
            EVALUATE.replace("model.eval()", "model.eval().requires_grad_(False)"),
            "takes no gradient any more",
        ),
        (
            WRONG["pytorch-evaluate"]["backward-called"].replace(
                "model.train(was)", "model.train(was); model.zero_grad()"
            ),
            "You call `backward()` while you measure",
        ),
        (
            EVALUATE.replace("right / count", "100 * right / count"),
            "The accuracy on the same 7 samples should be",
        ),
        (EVALUATE.replace("loss / count, right / count", "loss / count"), "The result should be two numbers"),
        (EVALUATE.replace("model.train(was)", "model.zero_grad(); model.train(was)"), "yours are changed"),
        (
            EVALUATE.replace(
                "    model.train(was)", "    model.layers[0].bias.data += 0.1\n    model.train(was)"
            ),
            "The mean loss of 7 samples",
        ),
    ],
}
