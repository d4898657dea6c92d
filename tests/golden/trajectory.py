"""Thirty training steps of a tiny network with each objective and optimizer: trajectory.safetensors.

A small reference in PyTorch, float64: heads, losses, optimizers and the moving average as their papers and their
authors' code define them, the same first weights and the same batches for all runs. Stored: the batches, the first
weights, the loss of every step, and the state after the last one. Run by the pinned PyTorch:

    .venv/bin/python tests/golden/trajectory.py
"""

import copy
import math
from pathlib import Path

import torch
from torch import nn

import golden_file

STEPS, BATCH, SIDE, LATENT = 30, 16, 6, 8
LAMBDA, TAU, TEMPERATURE = 0.0051, 0.97, 0.2
SGD = {"lr": 0.02, "momentum": 0.9, "weight_decay": 1e-3}
LARS = {"lr": 3.0, "bias_lr": 0.02, "momentum": 0.9, "weight_decay": 1e-3, "eta": 1e-3}


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, LATENT, 3, stride=2, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(LATENT)

    def forward(self, view):
        maps = torch.relu(self.norm1(self.conv1(view)))
        return torch.relu(self.norm2(self.conv2(maps))).mean((2, 3))


def hidden(inputs, outputs, bias):
    return [nn.Linear(inputs, outputs, bias=bias), nn.BatchNorm1d(outputs), nn.ReLU()]


class BarlowTwins(nn.Module):
    """Projector 8-12-12."""

    def __init__(self):
        super().__init__()
        self.projector = nn.Sequential(*hidden(LATENT, 12, False), nn.Linear(12, 12, bias=False))

    def embed(self, encoder, views):
        return [self.projector(encoder(view)) for view in views]

    def loss(self, encoder, views, _):
        z = self.embed(encoder, views)
        a, b = [(x - x.mean(0)) / torch.sqrt(x.var(0, unbiased=False) + 1e-5) for x in z]
        c = a.T @ b / len(a)
        weight = torch.full_like(c, LAMBDA).fill_diagonal_(1)
        return (weight * (c - torch.eye(len(c), dtype=c.dtype)) ** 2).sum()

    def after_step(self, encoder, step):
        pass


class JointBarlowTwins(BarlowTwins):
    """Both views in one pass, as lightly's ImageNet benchmark has it."""

    def embed(self, encoder, views):
        return self.projector(encoder(torch.cat(list(views)))).chunk(2)


class SimSiam(nn.Module):
    """Projector 8-12-12-10, its last BatchNorm without weights; predictor 10-4-10."""

    def __init__(self):
        super().__init__()
        self.projector = nn.Sequential(*hidden(LATENT, 12, False), *hidden(12, 12, False),
                                       nn.Linear(12, 10, bias=False), nn.BatchNorm1d(10, affine=False))
        self.predictor = nn.Sequential(*hidden(10, 4, False), nn.Linear(4, 10))

    def loss(self, encoder, views, _):
        z = [self.projector(encoder(view)) for view in views]
        p = [self.predictor(x) for x in z]
        cosine = nn.functional.cosine_similarity
        return -(cosine(p[0], z[1].detach()).mean() + cosine(p[1], z[0].detach()).mean()) / 2

    def after_step(self, encoder, step):
        pass


class Byol(nn.Module):
    """Projector 8-14-6, predictor 6-10-6, and a target with weights of its own."""

    def __init__(self):
        super().__init__()
        self.projector = nn.Sequential(*hidden(LATENT, 14, True), nn.Linear(14, 6, bias=False))
        self.predictor = nn.Sequential(*hidden(6, 10, True), nn.Linear(10, 6, bias=False))
        self.target_encoder = Encoder().requires_grad_(False)
        self.target_projector = copy.deepcopy(self.projector).requires_grad_(False)
        for parameter in self.target_projector.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))

    def embed(self, encoder, views):
        p = [self.predictor(self.projector(encoder(view))) for view in views]
        return p, [self.target_projector(self.target_encoder(view)) for view in views]

    def loss(self, encoder, views, _):
        p, z = self.embed(encoder, views)
        p, z = [[nn.functional.normalize(x) for x in side] for side in (p, z)]
        return ((p[0] - z[1]) ** 2).sum(1).mean() + ((p[1] - z[0]) ** 2).sum(1).mean()

    @torch.no_grad()
    def after_step(self, encoder, step):
        tau = 1 - (1 - TAU) * (math.cos(math.pi * step / STEPS) + 1) / 2
        for target, online in ((self.target_encoder, encoder), (self.target_projector, self.projector)):
            for old, new in zip(target.parameters(), online.parameters(), strict=True):
                old.copy_(tau * old + (1 - tau) * new)


class JointByol(Byol):
    """Both views in one pass through either network, as byol-pytorch has it."""

    def embed(self, encoder, views):
        both = torch.cat(list(views))
        p = self.predictor(self.projector(encoder(both)))
        return p.chunk(2), self.target_projector(self.target_encoder(both)).chunk(2)


class SimClr(nn.Module):
    """Projector 8-12-6 with a last BatchNorm."""

    def __init__(self):
        super().__init__()
        self.projector = nn.Sequential(*hidden(LATENT, 12, False), nn.Linear(12, 6, bias=False), nn.BatchNorm1d(6))

    def loss(self, encoder, views, _):
        z = torch.cat([nn.functional.normalize(self.projector(encoder(view))) for view in views])
        logits = (z @ z.T / TEMPERATURE).fill_diagonal_(-math.inf)
        return nn.functional.cross_entropy(logits, torch.arange(len(z)).roll(BATCH))

    def after_step(self, encoder, step):
        pass


def sgd(parameters):
    """Decay on everything."""
    return torch.optim.SGD(parameters, **SGD)


class Lars:
    """The dialect of the official Barlow Twins code: vectors get neither decay nor adaptation."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.momentum = [torch.zeros_like(p) for p in parameters]

    def zero_grad(self):
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self):
        for parameter, momentum in zip(self.parameters, self.momentum, strict=True):
            move, lr = parameter.grad, LARS["bias_lr"]
            if parameter.ndim > 1:
                lr = LARS["lr"]
                move = move + LARS["weight_decay"] * parameter
                size, length = parameter.norm(), move.norm()
                if size > 0 and length > 0:
                    move = move * (LARS["eta"] * size / length)
            momentum.mul_(LARS["momentum"]).add_(move)
            parameter.sub_(lr * momentum)


def make_views():
    """Pictures in steps of 1/32, seen twice with noise; int8, so that they are stored in little."""
    pictures = torch.randn(STEPS, 1, BATCH, 1, SIDE, SIDE) * 30
    noisy = pictures + torch.randn(STEPS, 2, BATCH, 1, SIDE, SIDE) * 15
    return noisy.round().clamp(-127, 127).to(torch.int8)


def train(encoder, objective, make_optimizer, views):
    encoder, objective = copy.deepcopy(encoder), copy.deepcopy(objective)
    trained = [p for net in (encoder, objective) for p in net.parameters() if p.requires_grad]
    optimizer = make_optimizer(trained)
    losses = []
    for step in range(STEPS):
        loss = objective.loss(encoder, views[step].double() / 32, step)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        objective.after_step(encoder, step)
        losses.append(loss.item())
    return encoder, objective, torch.tensor(losses, dtype=torch.float64)


def put_state(out, prefix, encoder, objective):
    for part, module in (("encoder", encoder), ("objective", objective)):
        for name, tensor in module.state_dict().items():
            out[f"{prefix}/{part}/{name}"] = tensor


def main():
    torch.manual_seed(20201120)
    torch.set_default_dtype(torch.float64)
    out = {"views": make_views()}
    encoder = Encoder()
    for name, objective in (("barlow_twins", BarlowTwins()), ("simsiam", SimSiam()), ("byol", Byol()),
                            ("simclr", SimClr()), ("barlow_twins_joint", JointBarlowTwins()),
                            ("byol_joint", JointByol())):
        put_state(out, f"{name}/start", encoder, objective)
        for optimizer, make_optimizer in (("sgd", sgd), ("lars", Lars)):
            *end, losses = train(encoder, objective, make_optimizer, out["views"])
            out[f"{name}/{optimizer}/losses"] = losses
            put_state(out, f"{name}/{optimizer}/end", *end)
            print(f"{name} {optimizer}: {losses[0]:.6f} -> {losses[-1]:.6f}")
    golden_file.write(Path(__file__).with_suffix(".safetensors"), out)


if __name__ == "__main__":
    main()
