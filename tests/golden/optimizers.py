"""Thirty-two updates of four small parameters by every optimizer: optimizers.safetensors.

Gradients are fixed in advance. SGD, Adam and AdamW come from torch.optim, LARS from NumPy, written down from its
published rule and from what solo-learn and lightly make of it. "zero" starts as zeros and gets zero gradients at first; "rare" has a gradient in some steps only.
The learning rate follows `factors`, as under a warm-up, apart from "rare", which keeps it. Run by the pinned PyTorch:

    .venv/bin/python tests/golden/optimizers.py
"""

from pathlib import Path

import numpy as np
import torch

import golden_file

STEPS = 32
RNG = np.random.default_rng(1608)
SHAPES = {"weight": (5, 4), "bias": (6,), "zero": (3, 2), "rare": (2, 3)}
START = {name: RNG.normal(size=shape) for name, shape in SHAPES.items()}
START["zero"] = np.zeros(SHAPES["zero"])
GRADS = {name: RNG.normal(size=(STEPS, *shape)) for name, shape in SHAPES.items()}
GRADS["zero"][:3] = 0
HAS_GRAD = {name: np.ones(STEPS, dtype=np.int64) for name in SHAPES}
HAS_GRAD["rare"][[0, 1, 2, 7, 12, 13]] = 0
GRADS["rare"][[9, 20]] = 0  # a gradient of zero is not none
FACTORS = np.concatenate([np.arange(5) / 5, 0.5 * (1 + np.cos(np.pi * np.arange(STEPS - 5) / (STEPS - 5)))])
NO_DECAY = {"bias"}

TORCH = {
    "sgd_plain": (torch.optim.SGD, {"lr": 0.1}),
    "sgd": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.03}),
    "sgd_nesterov": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.03, "nesterov": True}),
    "adam": (torch.optim.Adam, {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3}),
    "adam_decay": (torch.optim.Adam, {"lr": 0.05, "weight_decay": 0.1}),
    "adamw": (torch.optim.AdamW, {"lr": 0.05, "weight_decay": 0.1}),
}
LARS = {
    "lars": {"lr": 2.0, "decay": 0.01},
    "lars_no_decay": {"lr": 2.0, "decay": 0.0},
    "lars_solo": {"lr": 2.0, "decay": 0.3, "dialect": "solo"},
    "lars_solo_no_decay": {"lr": 2.0, "decay": 0.0, "dialect": "solo"},
    "lars_solo_clip": {"lr": 0.02, "decay": 0.3, "dialect": "solo", "clip": True},
    "lars_solo_all": {"lr": 0.02, "decay": 0.3, "dialect": "solo", "clip": True, "exempt": set()},
    "lars_lightly": {"lr": 2.0, "decay": 0.3, "dialect": "lightly"},
    "lars_lightly_all": {"lr": 2.0, "decay": 0.3, "dialect": "lightly", "exempt": set()},
}
ETA, MOMENTUM = 0.02, 0.9
BIAS_LR = 0.25  # as a share of lr


def factor(name, step):
    return 1.0 if name == "rare" else FACTORS[step]


def with_torch(kind, options):
    parameters = {name: torch.nn.Parameter(torch.tensor(value)) for name, value in START.items()}
    groups = []
    for name, parameter in parameters.items():
        group = {"params": [parameter], "name": name}
        if name in NO_DECAY:
            group |= {"weight_decay": 0.0}
        groups.append(group)
    optimizer = kind(groups, **options)
    path = {name: [] for name in SHAPES}
    for step in range(STEPS):
        for group in optimizer.param_groups:
            name = group["name"]
            share = BIAS_LR if name == "bias" else 1.0
            group["lr"] = options["lr"] * share * factor(name, step)
            grad = torch.tensor(GRADS[name][step]) if HAS_GRAD[name][step] else None
            parameters[name].grad = grad
        optimizer.step()
        for name, parameter in parameters.items():
            path[name].append(parameter.detach().numpy().copy())
    return path


def length(array):
    return float(np.sqrt((array**2).sum()))


def official(weight, grad, decay):
    """The decayed gradient, as long as ETA times the weight where both have a length."""
    update = grad + decay * weight
    both = length(weight) * length(update) > 0
    return update * (ETA * length(weight) / length(update) if both else 1.0)


def bolts(weight, grad, decay, lr, clip):
    """solo-learn's and lightly's: lengths of weight and gradient apart; a zero among them leaves the gradient alone."""
    if length(weight) == 0 or length(grad) == 0:
        return grad
    local = ETA * length(weight) / (length(grad) + decay * length(weight) + 1e-8)
    if clip:
        local = 1.0 if lr == 0 else min(local / lr, 1.0)
    return local * (grad + decay * weight)


def lars_update(weight, grad, decay, lr, dialect, clip, exempt):
    """`exempt`: without decay. In solo-learn's such a parameter is left alone by name, in lightly's for its decay of 0."""
    if exempt:
        return grad
    if dialect == "official":
        return official(weight, grad, decay)
    return bolts(weight, grad, decay, lr, clip)


def with_lars(lr, decay, dialect="official", clip=False, exempt=NO_DECAY):
    path = {}
    for name in SHAPES:
        weight, velocity, path[name] = START[name].copy(), np.zeros(SHAPES[name]), []
        share = BIAS_LR if name == "bias" else 1.0
        for step in range(STEPS):
            rate = lr * share * factor(name, step)
            if HAS_GRAD[name][step]:
                update = lars_update(weight, GRADS[name][step], decay, rate, dialect, clip, name in exempt)
                velocity = MOMENTUM * velocity + update
                weight = weight - rate * velocity
            path[name].append(weight)
    return path


def main():
    tensors = {"factors": FACTORS}
    for name in SHAPES:
        tensors |= {f"start/{name}": START[name], f"grads/{name}": GRADS[name], f"has_grad/{name}": HAS_GRAD[name]}
    paths = {case: with_torch(*setting) for case, setting in TORCH.items()}
    paths |= {case: with_lars(**setting) for case, setting in LARS.items()}
    for case, path in paths.items():
        for name in SHAPES:
            tensors[f"{case}/{name}"] = np.stack(path[name])
    golden_file.write(Path(__file__).with_suffix(".safetensors"), tensors)


if __name__ == "__main__":
    main()
