"""The ledger's last columns, by PyTorch: on the CPU, on a GPU.

    from micrograd_lite.ledger_torch import ledger_column
    ledger.table({"by hand": ledger.by_hand(), "PyTorch GPU": ledger_column("cuda")})

A file of its own, so that the columns before them need no PyTorch.
"""

import torch
import torch.nn.functional as F

from micrograd_lite import ledger

__all__ = ["ledger_column", "ledger_tensors", "precision"]


def precision(device):
    """The most exact kind of float that the device has: float64, on Apple's MPS float32."""
    return torch.float32 if torch.device(device).type == "mps" else torch.float64


def ledger_tensors(device="cpu"):
    """The ledger's network on a device, forward and backward: name -> tensor with one number.

    X (1, 2), W1 (2 units, 2 inputs), W2 (1, 2): a row of a weight matrix is a unit. Formulas:
    z1 = X W1ᵀ + b1, a1 = tanh z1, z2 = a1 W2ᵀ + b2, y_hat = σ(z2), binary cross-entropy. The gradients come
    from `backward()`.
    """
    net = ledger.load()
    x1, x2, y = net.given.values()
    w1u, w2u, bu, w1v, w2v, bv, wuo, wvo, bo = net.parameters.values()
    kind = {"device": device, "dtype": precision(device)}
    X = torch.tensor([[x1, x2]], requires_grad=True, **kind)
    W1 = torch.tensor([[w1u, w2u], [w1v, w2v]], requires_grad=True, **kind)
    b1 = torch.tensor([bu, bv], requires_grad=True, **kind)
    W2 = torch.tensor([[wuo, wvo]], requires_grad=True, **kind)
    b2 = torch.tensor([bo], requires_grad=True, **kind)
    z1 = X @ W1.T + b1
    a1 = z1.tanh()
    z2 = a1 @ W2.T + b2
    y_hat = z2.sigmoid()
    L = F.binary_cross_entropy(y_hat, torch.tensor([[y]], **kind))
    for inner in (z1, a1, z2, y_hat):
        inner.retain_grad()
    L.backward()
    rows = {
        ("zu", "zv"): z1, ("au", "av"): a1, ("zo",): z2, ("y_hat",): y_hat, ("L",): L,
        ("dy_hat",): y_hat.grad, ("dzo",): z2.grad, ("dwuo", "dwvo"): W2.grad, ("dbo",): b2.grad,
        ("dau", "dav"): a1.grad, ("dzu", "dzv"): z1.grad, ("dw1u", "dw2u", "dw1v", "dw2v"): W1.grad,
        ("dbu", "dbv"): b1.grad, ("dx1", "dx2"): X.grad,
    }  # fmt: skip
    return {
        name: number
        for names, tensor in rows.items()
        for name, number in zip(names, tensor.detach().flatten(), strict=True)
    }


def ledger_column(device="cpu"):
    """The ledger's column "PyTorch CPU" or, on another device, "PyTorch GPU", for `ledger.table`."""
    tensors = ledger_tensors(device)
    return {name: tensors[name].item() for name in ledger.load().formulas}
