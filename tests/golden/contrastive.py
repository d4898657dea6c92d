"""Golden values and gradients of NT-Xent: contrastive.safetensors.

Written twice in float64 on inputs that float32 holds exactly: as the papers have it, sum by sum with the chain rule by hand
(NumPy), and as the authors' program has it, block by block, differentiated by PyTorch. More than two views follow
equation 2 of arXiv 2004.11362, where every other view of the sample is a positive. Run by the pinned PyTorch:

    .venv/bin/python tests/golden/contrastive.py
"""

from pathlib import Path

import golden_file
import numpy as np
import torch
from losses import agree, to_bfloat16

RNG = np.random.default_rng(20200213)


def views(count, rows, columns):
    """Correlated views in float32."""
    common = RNG.standard_normal((rows, columns))
    return [(0.8 * common + 0.6 * RNG.standard_normal((rows, columns))).astype(np.float32) for _ in range(count)]


def by_sums(inputs, temperature):
    """ℓ(i, p) = −log( exp(sᵢₚ/τ) / Σ_{k≠i} exp(sᵢₖ/τ) ), averaged over the positives p of i, then over i."""
    z = np.concatenate(inputs)
    sample = np.tile(np.arange(len(inputs[0])), len(inputs))
    length = np.sqrt(np.maximum((z**2).sum(1, keepdims=True), 1e-12))
    unit = z / length
    scores = unit @ unit.T / temperature
    value, slope = 0.0, np.zeros_like(scores)
    for i in range(len(z)):
        others = np.arange(len(z)) != i
        positives = np.flatnonzero(others & (sample == sample[i]))
        top = scores[i][others].max()
        weights = np.where(others, np.exp(np.minimum(scores[i] - top, 0)), 0)
        for p in positives:
            value += (top + np.log(weights.sum()) - scores[i, p]) / len(positives) / len(z)
            slope[i] += weights / weights.sum() / len(positives) / len(z)
            slope[i, p] -= 1 / len(positives) / len(z)
    to_unit = (slope + slope.T) @ unit / temperature
    short = length**2 <= 1e-12
    grad = (to_unit - np.where(short, 0, unit * (to_unit * unit).sum(1, keepdims=True))) / length
    return value, np.split(grad, len(inputs))


def by_blocks(inputs, temperature):
    """Cross-entropies over blocks of cosines, one block a pair of views, a large number taken from the diagonals."""
    leaves = [torch.from_numpy(z).requires_grad_() for z in inputs]
    unit = [z * torch.rsqrt(torch.clamp(z.square().sum(-1, keepdim=True), min=1e-12)) for z in leaves]
    count = len(inputs[0])
    labels = torch.arange(count)
    terms = []
    for a in range(len(unit)):
        blocks = [unit[a] @ unit[b].T / temperature - (torch.eye(count) * 1e9 if a == b else 0)
                  for b in range(len(unit))]
        logits = torch.cat(blocks, 1)
        terms += [torch.nn.functional.cross_entropy(logits, labels + b * count) for b in range(len(unit)) if b != a]
    loss = torch.stack(terms).mean()
    loss.backward()
    return loss.item(), [z.grad.numpy() for z in leaves]


def accuracy(inputs):
    """The share of rows whose nearest other row, by cosine, is a view of the same sample."""
    z = np.concatenate(inputs)
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    return np.mean(cosines.argmax(1) % len(inputs[0]) == np.arange(len(z)) % len(inputs[0]))


def case(out, name, inputs, temperature):
    wide = [z.astype(np.float64) for z in inputs]
    sums, blocks = [loss(wide, temperature) for loss in (by_sums, by_blocks)]
    agree(sums, blocks)
    out[f"{name}/temperature"] = np.float64(temperature)
    out[f"{name}/accuracy"] = np.float64(accuracy(wide))
    for index, view in enumerate(inputs):
        out[f"{name}/z{index}"] = view
    out[f"{name}/value"] = np.float64(sums[0])
    for index, grad in enumerate(sums[1]):
        out[f"{name}/grad{index}"] = grad


def main():
    out = {}
    for rows, columns in ((2, 6), (3, 5), (64, 8)):
        for temperature in (0.07, 0.1, 0.5, 1.0, 20.0):
            case(out, f"two_views/{rows}/{temperature}", views(2, rows, columns), temperature)
    for count in (3, 4):
        for temperature in (0.1, 0.5):
            case(out, f"more_views/{count}/{temperature}", views(count, 7, 9), temperature)
    small = views(2, 4, 8)
    small[0][1] *= np.float32(5e-7) / np.linalg.norm(small[0][1])
    case(out, "short_row", small, 0.5)
    case(out, "bfloat16", [to_bfloat16(view) for view in views(2, 8, 12)], 0.1)
    golden_file.write(Path(__file__).with_suffix(".safetensors"), out)


if __name__ == "__main__":
    main()
