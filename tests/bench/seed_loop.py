"""The training loop of the Python package this project grew from, written anew: ResNet-18 with a 3 × 3 stem, a three-layer
projector, the Barlow Twins loss from the D × D correlation, Adam. Prints seconds a step as JSON.

    python seed_loop.py --batch 128 --width 2048 --steps 4 [--channels-last] [--threads 2]
"""
import argparse
import json
import time

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        inner = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(inner + self.shortcut(x))


def resnet18():
    layers = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    width = 64
    for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Block(width, outputs, stride), Block(outputs, outputs, 1)]
        width = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def projector(inputs, width):
    def hidden(n):
        return [nn.Linear(n, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(inplace=True)]

    return nn.Sequential(*hidden(inputs), *hidden(width), nn.Linear(width, width, bias=False))


class Learner(nn.Module):
    def __init__(self, width, weight=3.9e-3):
        super().__init__()
        self.backbone = resnet18()
        self.head = nn.Linear(512, 1000)  # the package runs the classifier behind the tapped layer and drops the result
        self.projector = projector(512, width)
        self.normalise = nn.BatchNorm1d(width, affine=False)
        self.weight = weight

    def embed(self, view):
        latent = self.backbone(view)
        self.head(latent)
        return self.normalise(self.projector(latent))

    def forward(self, first, second):
        c = self.embed(first).T @ self.embed(second)
        c.div_(first.shape[0])
        diagonal = torch.diagonal(c)
        on = diagonal.sub(1).pow(2).sum()
        off = c.pow(2).sum() - diagonal.pow(2).sum()
        return on + self.weight * off


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--channels-last", action="store_true")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    learner = Learner(options.width)
    views = [torch.randn(options.batch, 3, 32, 32) for _ in range(2)]
    if options.channels_last:
        learner = learner.to(memory_format=torch.channels_last)
        views = [view.to(memory_format=torch.channels_last) for view in views]
    optimizer = torch.optim.Adam(learner.parameters(), lr=0.001)
    seconds = []
    for _ in range(options.warmup + options.steps):
        begin = time.perf_counter()
        loss = learner(*views)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
    print(json.dumps({"seconds": seconds[options.warmup:], "threads": torch.get_num_threads(), "torch": torch.__version__}))


main()
