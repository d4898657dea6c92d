"""The learner of the Python package this project grew from, written anew: ResNet-18 with a 3 × 3 stem, a three-layer
projector, the Barlow Twins loss from the D × D correlation. peer_step.py trains it."""
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
