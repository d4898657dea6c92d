"""Golden values and gradients of the test objectives MoCo, DINO and SwAV: other_kinds.safetensors.

Each loss written after its authors' program, in PyTorch and float64, on inputs that float32 holds exactly. Run by the pinned
PyTorch:

    .venv/bin/python tests/golden/other_kinds.py
"""

from pathlib import Path

import golden_file
import numpy as np
import torch
from torch.nn.functional import cross_entropy, log_softmax, normalize, softmax

RNG = np.random.default_rng(20191113)


def numbers(*shape):
    return torch.from_numpy(RNG.standard_normal(shape).astype(np.float32)).double()


def cosines(rows, columns):
    return torch.from_numpy(RNG.uniform(-0.9, 0.9, (rows, columns)).astype(np.float32)).double()


def store(out, name, loss, leaves, **others):
    loss.backward()
    out[f"{name}/value"] = loss
    for index, leaf in enumerate(leaves):
        out[f"{name}/online{index}"] = leaf.detach().float()
        out[f"{name}/grad{index}"] = leaf.grad
    for key, value in others.items():
        out[f"{name}/{key}"] = value.float()


def moco(out, temperature=0.2):
    query, key, queue = numbers(6, 5).requires_grad_(), numbers(6, 5), normalize(numbers(9, 5)).float().double()
    q, k = normalize(query), normalize(key)
    positive = torch.einsum("nc,nc->n", q, k).unsqueeze(-1)
    negative = torch.einsum("nc,kc->nk", q, queue)
    logits = torch.cat([positive, negative], dim=1) / temperature
    loss = cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))
    store(out, "moco", loss, [query], key=key, queue=queue)


def dino(out, student=0.1, teacher=0.04):
    """Two views with a target and two without."""
    online = [cosines(6, 7).requires_grad_() for _ in range(4)]
    target, center = [cosines(6, 7) for _ in range(2)], numbers(7) / 8
    total, terms = 0, 0
    for j, wanted in enumerate(target):
        for i, scores in enumerate(online):
            if i == j:
                continue
            q = softmax((wanted - center) / teacher, dim=-1)
            total = total + torch.sum(-q * log_softmax(scores / student, dim=-1), dim=-1).mean()
            terms += 1
    store(out, "dino", total / terms, online, target0=target[0], target1=target[1], center=center)


def assignments(scores, epsilon, iterations):
    """One column a sample, as the published program has it."""
    q = torch.exp(scores / epsilon).t()
    q = q / q.sum()
    rows, columns = torch.ones(q.shape[0]).double() / q.shape[0], torch.ones(q.shape[1]).double() / q.shape[1]
    for _ in range(iterations):
        q = q * (rows / q.sum(dim=1)).unsqueeze(1)
        q = q * (columns / q.sum(dim=0)).unsqueeze(0)
    return (q / q.sum(dim=0, keepdim=True)).t()


def swav(out, temperature=0.1, epsilon=0.05, iterations=3):
    """Clusters from the first two of four views."""
    online = [cosines(6, 7).requires_grad_() for _ in range(4)]
    loss = 0
    for j in (0, 1):
        q = assignments(online[j].detach(), epsilon, iterations)
        part = 0
        for i in range(4):
            if i != j:
                part = part - torch.mean(torch.sum(q * torch.log(softmax(online[i] / temperature, dim=1)), dim=1))
        loss = loss + part / 3
    store(out, "swav", loss / 2, online, target0=online[0].detach(), target1=online[1].detach())


def main():
    out = {}
    moco(out)
    dino(out)
    swav(out)
    golden_file.write(Path(__file__).with_suffix(".safetensors"), out)


if __name__ == "__main__":
    main()
