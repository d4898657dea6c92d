"""Writes resnet.safetensors: outputs of small residual networks at several layers.

The networks are written here as formulas over tensors, in float64, from He et al. 2016 and from
torchvision's names and layer ids alone. Run from the top of the repository:

    .venv/bin/python tests/golden/resnet_reference.py
"""

import pathlib

import numpy
import torch
import torch.nn.functional as F

import golden_file

EPS = 1e-5
MOMENTUM = 0.1


class Network:
    """Draws its weights on first use and keeps every layer's output by its id."""

    def __init__(self, seed, training):
        self.random = numpy.random.default_rng(seed)
        self.training = training
        self.state = {}
        self.seen = {}
        self.running = {}

    def draw(self, name, shape, low, high):
        if name not in self.state:
            self.state[name] = torch.tensor(self.random.uniform(low, high, shape))
        return self.state[name]

    def note(self, name, value):
        self.seen[name] = value
        return value

    def conv(self, name, x, channels, kernel, stride):
        bound = (6 / (x.shape[1] * kernel * kernel)) ** 0.5
        weight = self.draw(name + ".weight", (channels, x.shape[1], kernel, kernel), -bound, bound)
        weight.requires_grad_(self.training)
        return self.note(name, F.conv2d(x, weight, None, stride, kernel // 2))

    def norm(self, name, x):
        n = x.shape[1]
        weight = self.draw(name + ".weight", (n,), 0.5, 1.5)
        bias = self.draw(name + ".bias", (n,), -0.5, 0.5)
        mean = self.draw(name + ".running_mean", (n,), -0.5, 0.5)
        variance = self.draw(name + ".running_var", (n,), 0.5, 1.5)
        if self.training:
            count = x.numel() / n
            old_mean, old_variance = mean, variance
            mean = x.mean((0, 2, 3))
            variance = ((x - mean[None, :, None, None]) ** 2).mean((0, 2, 3))
            unbiased = variance * count / (count - 1)
            self.running[name + ".running_mean"] = (1 - MOMENTUM) * old_mean + MOMENTUM * mean
            self.running[name + ".running_var"] = (1 - MOMENTUM) * old_variance + MOMENTUM * unbiased
        scale = weight / torch.sqrt(variance + EPS)
        y = (x - mean[None, :, None, None]) * scale[None, :, None, None] + bias[None, :, None, None]
        return self.note(name, y)

    def relu(self, name, x):
        return self.note(name, torch.where(x > 0, x, torch.zeros_like(x)))

    def block(self, name, x, planes, stride, bottleneck):
        shapes = [(planes, 3, stride), (planes, 3, 1)]
        if bottleneck:
            shapes = [(planes, 1, 1), (planes, 3, stride), (4 * planes, 1, 1)]
        y = x
        for i, (channels, kernel, step) in enumerate(shapes):
            y = self.conv(f"{name}.conv{i + 1}", y, channels, kernel, step)
            y = self.norm(f"{name}.bn{i + 1}", y)
            if i + 1 < len(shapes):
                y = self.relu(f"{name}.relu" + (f"_{i}" if i else ""), y)
        if stride != 1 or x.shape[1] != y.shape[1]:
            x = self.conv(f"{name}.downsample.0", x, y.shape[1], 1, stride)
            x = self.norm(f"{name}.downsample.1", x)
        y = self.note(f"{name}.add", y + x)
        return self.note(name, self.relu(f"{name}.relu_{len(shapes) - 1}", y))

    def run(self, x, width, stem, blocks, bottleneck):
        kernel, stride = {"imagenet": (7, 2), "small": (3, 2), "cifar": (3, 1)}[stem]
        x = self.relu("relu", self.norm("bn1", self.conv("conv1", x, width, kernel, stride)))
        if stem == "imagenet":
            padded = F.pad(x, (1, 1, 1, 1), value=float("-inf"))
            windows = padded.unfold(2, 3, 2).unfold(3, 3, 2)
            x = self.note("maxpool", windows.amax((4, 5)))
        for s, count in enumerate(blocks):
            for b in range(count):
                stride = 2 if s > 0 and b == 0 else 1
                x = self.block(f"layer{s + 1}.{b}", x, width * 2**s, stride, bottleneck)
            self.note(f"layer{s + 1}", x)
        self.note("avgpool", x.mean((2, 3), keepdim=True))


def case(name, seed, shape, training, taps, **network):
    """Tensors of one network: input, state, outputs at `taps`, and in training what they change."""
    net = Network(seed, training)
    x = torch.tensor(net.random.uniform(-1, 1, shape)).requires_grad_(training)
    net.run(x, **network)
    out = {f"{name}/input": x}
    out |= {f"{name}/state/{key}": value for key, value in net.state.items()}
    out |= {f"{name}/output/{tap}": net.seen[tap] for tap in taps}
    if training:
        out |= {f"{name}/running/{key}": value for key, value in net.running.items()}
        y = net.seen["avgpool"]
        cotangent = torch.tensor(net.random.uniform(-1, 1, y.shape))
        wanted = {"input": x, "conv1.weight": net.state["conv1.weight"]}
        gradients = torch.autograd.grad((y * cotangent).sum(), list(wanted.values()))
        out[f"{name}/cotangent"] = cotangent
        out |= {f"{name}/gradient/{key}": g for key, g in zip(wanted, gradients)}
    return out


def main():
    eighteen = case("resnet18", 1, (2, 3, 32, 32), False,
                    ["conv1", "bn1", "relu", "maxpool", "layer1.0.relu", "layer1.0", "layer1",
                     "layer2.0.conv2", "layer2.0.downsample.1", "layer2.0.add", "layer2.0.relu_1",
                     "layer3", "layer4.1.bn2", "layer4", "avgpool"],
                    width=2, stem="imagenet", blocks=[2, 2, 2, 2], bottleneck=False)
    fifty = case("resnet50", 2, (3, 1, 9, 9), True,
                 ["layer1.0.conv3", "layer1.0.relu_1", "layer1.0.downsample.0", "layer1.1.add",
                  "layer1.1.relu_2", "layer2.0.conv2", "layer2", "avgpool"],
                 width=2, stem="small", blocks=[2, 1], bottleneck=True)
    ten = case("resnet10", 3, (3, 3, 6, 6), True, ["relu", "layer2.0.bn1", "layer3", "avgpool"],
               width=3, stem="cifar", blocks=[1, 1, 1], bottleneck=False)
    path = pathlib.Path(__file__).with_name("resnet.safetensors")
    golden_file.write(path, eighteen | fifty | ten)


if __name__ == "__main__":
    main()
