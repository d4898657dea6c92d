"""Golden values and gradients of the three losses: losses.safetensors.

Each loss is written twice, from its paper with the chain rule by hand (NumPy), and as its authors' code has it,
differentiated by PyTorch; both in float64 on inputs that float32 holds exactly. Run by the pinned PyTorch:

    .venv/bin/python tests/golden/losses.py
"""

import math
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import torch

import golden_file

RNG = np.random.default_rng(20210304)


def views(count, rows, columns):
    """Correlated views with features of various means and spreads, in float32."""
    common = RNG.standard_normal((rows, columns))
    spread = RNG.uniform(0.3, 3, columns)
    shift = RNG.standard_normal(columns)
    made = [(0.8 * common + 0.6 * RNG.standard_normal((rows, columns))) * spread + shift for _ in range(count)]
    return [view.astype(np.float32) for view in made]


def to_bfloat16(view):
    return torch.from_numpy(view).bfloat16().float().numpy()


def relative(a, b):
    return np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-300)


def agree(one, other):
    """(value, gradients) twice over; the gradients of a view may be zero."""
    assert abs(one[0] - other[0]) <= 1e-12 * max(1, abs(other[0])), (one[0], other[0])
    for a, b in zip(one[1], other[1], strict=True):
        assert relative(a, b) <= 1e-12 or np.abs(a - b).max() < 1e-15, relative(a, b)


# Barlow Twins ---------------------------------------------------------------------------------------------------


def barlow_paper(z1, z2, weight):
    """The sums of the paper, and their derivatives step by step."""
    count, width = z1.shape
    scale = [1 / np.sqrt(((z - z.mean(0)) ** 2).mean(0) + 1e-5) for z in (z1, z2)]
    a, b = [(z - z.mean(0)) * s for z, s in zip((z1, z2), scale, strict=True)]
    c = a.T @ b / count
    value, slope = 0.0, np.zeros_like(c)
    for i in range(width):
        for j in range(width):
            value += (c[i, j] - 1) ** 2 if i == j else weight * c[i, j] ** 2
            slope[i, j] = 2 * (c[i, j] - 1) if i == j else 2 * weight * c[i, j]

    def to_inputs(grad, normalised, s):
        return s * (grad - grad.mean(0) - normalised * (grad * normalised).mean(0))

    return value, [to_inputs(b @ slope.T / count, a, scale[0]), to_inputs(a @ slope / count, b, scale[1])]


def barlow_terms(z1, z2):
    """On-diagonal per feature, off-diagonal per element, mean of the diagonal."""
    a, b = [(z - z.mean(0)) / np.sqrt(((z - z.mean(0)) ** 2).mean(0) + 1e-5) for z in (z1, z2)]
    c = a.T @ b / len(a)
    diagonal = np.diag(c)
    others = [c[i, j] ** 2 for i, j in permutations(range(len(c)), 2)]
    return np.array([np.mean((diagonal - 1) ** 2), np.mean(others), np.mean(diagonal)])


def barlow_official(z1, z2, weight):
    """A BatchNorm without weights, a matrix product, the diagonal and the rest."""
    inputs = [torch.from_numpy(z).requires_grad_() for z in (z1, z2)]
    norm = torch.nn.BatchNorm1d(z1.shape[1], affine=False, dtype=torch.float64)
    c = norm(inputs[0]).T @ norm(inputs[1]) / z1.shape[0]
    rest = c[~torch.eye(z1.shape[1], dtype=torch.bool)]
    loss = (torch.diagonal(c) - 1).square().sum() + weight * rest.square().sum()
    loss.backward()
    return loss.item(), [z.grad.numpy() for z in inputs]


def over_pairs(loss, inputs, weight):
    """The mean over all pairs of views."""
    pairs = list(combinations(range(len(inputs)), 2))
    value, grads = 0.0, [np.zeros_like(z) for z in inputs]
    for i, j in pairs:
        one, (left, right) = loss(inputs[i], inputs[j], weight)
        value += one / len(pairs)
        grads[i] += left / len(pairs)
        grads[j] += right / len(pairs)
    return value, grads


def barlow_case(out, name, inputs, weight):
    wide = [z.astype(np.float64) for z in inputs]
    paper, official = [over_pairs(loss, wide, weight) for loss in (barlow_paper, barlow_official)]
    agree(paper, official)
    out[f"barlow/{name}/lambda"] = np.float64(weight)
    for index, view in enumerate(inputs):
        out[f"barlow/{name}/z{index}"] = view
    if len(inputs) == 2:
        out[f"barlow/{name}/terms"] = barlow_terms(*wide)
    for source, (value, grads) in (("paper", paper), ("official", official)):
        out[f"barlow/{name}/{source}/value"] = np.float64(value)
        for index, grad in enumerate(grads):
            out[f"barlow/{name}/{source}/grad{index}"] = grad


def barlow(out):
    barlow_case(out, "fewer_rows", views(2, 8, 24), 0.0051)
    barlow_case(out, "square", views(2, 16, 16), 0.0051)
    barlow_case(out, "more_rows", views(2, 24, 8), 0.0051)
    barlow_case(out, "strong", views(2, 12, 10), 0.5)
    barlow_case(out, "two_rows", views(2, 2, 12), 0.0051)
    barlow_case(out, "larger", views(2, 48, 80), 0.0051)
    constant = views(2, 12, 20)
    constant[0][:, 3] = 0.7
    constant[1][:, 3] = 0.7
    constant[0][:, 9] = -1.3
    barlow_case(out, "constant_column", constant, 0.0051)
    barlow_case(out, "bfloat16", [to_bfloat16(view) for view in views(2, 16, 24)], 0.0051)
    barlow_case(out, "three_views", views(3, 10, 14), 0.0051)


# SimSiam and BYOL -----------------------------------------------------------------------------------------------


def cosine_paper(p, z):
    """−cos of a prediction and a target averaged over rows, and its derivative with respect to p."""
    p_length, z_length = [np.maximum(np.sqrt((x**2).sum(1, keepdims=True)), 1e-8) for x in (p, z)]
    cosine = (p * z).sum(1, keepdims=True) / p_length / z_length
    grad = -(z / z_length - cosine * p / p_length) / p_length / len(p)
    return -cosine.mean(), grad


def cosine_official(p, z):
    inputs = [torch.from_numpy(x).requires_grad_() for x in (p, z)]
    loss = -torch.nn.functional.cosine_similarity(inputs[0], inputs[1].detach()).mean()
    loss.backward()
    return loss.item(), inputs[0].grad.numpy()


def distance_paper(p, z):
    """‖p̂ − ẑ‖² averaged over rows, where a row's squared length counts as 1e-12 or more."""
    squares = [(x**2).sum(1, keepdims=True) for x in (p, z)]
    p_scale, z_scale = [1 / np.sqrt(np.maximum(s, 1e-12)) for s in squares]
    difference = p * p_scale - z * z_scale
    grad = 2 * difference * p_scale
    along = np.where(squares[0] > 1e-12, (grad * p).sum(1, keepdims=True) * p_scale**2, 0)
    return (difference**2).sum(1).mean(), (grad - along * p) / len(p)


def distance_official(p, z):
    inputs = [torch.from_numpy(x).requires_grad_() for x in (p, z)]

    def unit(x):
        return x * torch.rsqrt(torch.clamp(x.square().sum(-1, keepdim=True), min=1e-12))

    loss = (unit(inputs[0]) - unit(inputs[1].detach())).square().sum(-1).mean()
    loss.backward()
    return loss.item(), inputs[0].grad.numpy()


def over_predictions(loss, predictions, targets, factor):
    """`factor` times the mean over ordered pairs of two views; a target may be None."""
    pairs = [(i, j) for i, j in permutations(range(len(predictions)), 2) if targets[j] is not None]
    value, grads = 0.0, [np.zeros_like(p) for p in predictions]
    for i, j in pairs:
        one, grad = loss(predictions[i], targets[j])
        value += factor * one / len(pairs)
        grads[i] += factor * grad / len(pairs)
    return value, grads


def prediction_case(out, name, method, predictions, targets):
    paper, official, factor = {"simsiam": (cosine_paper, cosine_official, 1),
                               "byol": (distance_paper, distance_official, 2)}[method]
    wide_p = [p.astype(np.float64) for p in predictions]
    wide_z = [None if z is None else z.astype(np.float64) for z in targets]
    first, second = [over_predictions(loss, wide_p, wide_z, factor) for loss in (paper, official)]
    agree(first, second)
    for index, (p, z) in enumerate(zip(predictions, targets, strict=True)):
        out[f"{method}/{name}/p{index}"] = p
        if z is not None:
            out[f"{method}/{name}/z{index}"] = z
    for source, (value, grads) in (("paper", first), ("official", second)):
        out[f"{method}/{name}/{source}/value"] = np.float64(value)
        for index, grad in enumerate(grads):
            out[f"{method}/{name}/{source}/grad{index}"] = grad


def predictions(out, method):
    for name, rows, columns in (("fewer_rows", 6, 20), ("more_rows", 20, 6), ("two_rows", 2, 12)):
        prediction_case(out, name, method, views(2, rows, columns), views(2, rows, columns))
    close = views(2, 8, 12)
    near = [z + np.float32(1e-3) * n for z, n in zip(close, views(2, 8, 12), strict=True)]
    prediction_case(out, "close", method, near, close)
    constant = views(2, 8, 12)
    constant[0][:, 5] = 0.25
    prediction_case(out, "constant_column", method, constant, views(2, 8, 12))
    rounded = [[to_bfloat16(view) for view in views(2, 8, 12)] for _ in range(2)]
    prediction_case(out, "bfloat16", method, *rounded)
    three = views(3, 8, 12)
    prediction_case(out, "three_views", method, views(3, 8, 12), [three[0], three[1], None])


def tiny_rows(out):
    """A prediction of length 5e-7: too short for BYOL, whose shortest is 1e-6, but not for SimSiam (1e-8)."""
    for method in ("simsiam", "byol"):
        small = views(2, 4, 8)
        small[0][1] *= np.float32(5e-7) / np.linalg.norm(small[0][1])
        prediction_case(out, "tiny_row", method, small, views(2, 4, 8))


def tau(out):
    """BYOL's share that the target keeps, by the formula of the published code, k counted from 0."""
    steps, total, start = [0, 1, 50, 99, 100], 100, 0.99
    out["byol/tau/steps"] = np.array(steps, np.int64)
    out["byol/tau/total"] = np.int64(total)
    out["byol/tau/start"] = np.float64(start)
    out["byol/tau/values"] = np.array([1 - (1 - start) * 0.5 * (1 + math.cos(math.pi * k / total)) for k in steps])


def main():
    out = {}
    barlow(out)
    for method in ("simsiam", "byol"):
        predictions(out, method)
    tiny_rows(out)
    tau(out)
    golden_file.write(Path(__file__).with_suffix(".safetensors"), out)


if __name__ == "__main__":
    main()
