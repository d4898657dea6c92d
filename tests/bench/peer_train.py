"""The Python side of train.py: the quickstart's network and views with torchvision, lightly's loss and projection
head, AdamW, a DataLoader. Started by train.py, which asks it a line of JSON at a time; answers with the seconds of each
step, in which waiting for the batch counts.

    python peer_train.py PRESET FOLDER
"""
import contextlib
import sys
import time
import tomllib
from functools import partial

import torch
from lightly.loss import BarlowTwinsLoss
from lightly.models.modules.heads import ProjectionHead
from torch import nn
from torchvision import transforms
from torchvision.datasets import FashionMNIST
from torchvision.models.resnet import BasicBlock
from torchvision.transforms import InterpolationMode, v2

from turns import reason, serve

MEAN, STD = (0.2860,), (0.3530,)


class Noise(nn.Module):
    """Normal noise, its standard deviation drawn from 0 … most."""

    def __init__(self, most):
        super().__init__()
        self.most = most

    def forward(self, picture):
        return (picture + self.most * torch.rand(()) * torch.randn_like(picture)).clamp_(0, 1)


def view(ops, kind):
    """The preset's operations in their order: a shift by at most n pixels is a crop of what was padded by n. `kind` is
    `transforms`, for Pillow images, or `v2`, for uint8 tensors."""
    crop, shift, erasing, noise = ops
    if [op["use"] for op in ops] != ["random_resized_crop", "random_shift", "random_erasing", "noise"]:
        raise SystemExit("the preset has other operations than are written here")
    floats = transforms.ToTensor() if kind is transforms else v2.ToDtype(torch.float32, scale=True)
    kernel = InterpolationMode(crop["interpolation"])
    return kind.Compose([
        kind.RandomResizedCrop(crop["size"], scale=crop["scale"], interpolation=kernel),
        kind.RandomCrop(crop["size"], padding=shift["max"]),
        floats,
        kind.RandomErasing(p=erasing["p"]),
        Noise(noise["max"]),
        kind.Normalize(MEAN, STD, inplace=True),
    ])


class TwoViews:
    def __init__(self, make):
        self.make = make

    def __call__(self, picture):
        return self.make(picture), self.make(picture)


class Tensors(torch.utils.data.Dataset):
    """The same pictures without a Pillow image in between."""

    def __init__(self, *words, transform, **rest):
        self.pictures, self.transform = FashionMNIST(*words, **rest), transform

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, index):
        return self.transform(self.pictures.data[index][None]), int(self.pictures.targets[index])


class Network(nn.Module):
    """A narrow ResNet of torchvision's blocks, a 3 × 3 stem of stride 2, its last map pooled to a grid."""

    def __init__(self, width, stages, cells):
        super().__init__()
        layers, inputs = [nn.Conv2d(1, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)], width
        for stage in range(stages):
            outputs, stride = width << stage, 1 if stage == 0 else 2
            shortcut = None
            if inputs != outputs:
                shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            layers.append(BasicBlock(inputs, outputs, stride, shortcut))
            inputs = outputs
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(cells), nn.Flatten())
        self.features = inputs * cells * cells

    def forward(self, x):
        return self.layers(x)


def make_model(preset):
    backbone, widths = preset["backbone"], preset["objective"]["projector"]
    if (backbone["use"], backbone["stem"], backbone["tap"]) != ("resnet10", "small", "layer3") or len(widths) != 2:
        raise SystemExit("the preset has another network than is written here")
    network = Network(backbone["width"], backbone["stages"], int(backbone["pool"].removeprefix("grid:")))
    head = ProjectionHead([(network.features, widths[0], nn.BatchNorm1d(widths[0]), nn.ReLU()),
                           (*widths, None, None, False)])
    return nn.Sequential(network, head)


def make_loader(preset, folder, views, workers):
    kinds = {"pillow": (FashionMNIST, transforms), "tensors": (Tensors, v2)}
    kind, operations = kinds[views]
    pictures = kind(folder, train=True, transform=TwoViews(view(preset["view"][0]["ops"], operations)))
    return torch.utils.data.DataLoader(pictures, preset["train"]["batch_size"], shuffle=True, drop_last=True,
                                       num_workers=workers)


def measure(preset, folder, steps, warmup=4, views="pillow", workers=0, threads=0, channels_last=False, bf16=False,
            compile=False, fused=False):
    torch.set_num_threads(threads or measure.default_threads)
    torch.manual_seed(0)
    batches = iter(make_loader(preset, folder, views, workers))
    layout = torch.channels_last if channels_last else torch.contiguous_format
    plain = make_model(preset).to(memory_format=layout)
    if compile:
        torch.compiler.reset()  # it gives a function up for eager after a few models
    model = torch.compile(plain) if compile else plain
    criterion = BarlowTwinsLoss(lambda_param=preset["objective"]["lambda"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=preset["optimizer"]["lr"], fused=fused or None)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, warmup + steps)
    seconds = []
    for _ in range(warmup + steps):
        begin = time.perf_counter()
        (first, second), _ = next(batches)
        with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
            z = [model(x.to(memory_format=layout)) for x in (first, second)]
        loss = criterion(*(part.float() for part in z))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        seconds.append(time.perf_counter() - begin)
    return {"seconds": seconds[warmup:], "threads": torch.get_num_threads(), "loss": loss.item(),
            "parameters": sum(p.numel() for p in plain.parameters()), "batch": len(first)}


def measured_or_told(preset, folder, **question):
    """torch.compile needs a C++ compiler, and may fail in other ways: that is an answer, all else an error."""
    try:
        return measure(preset, folder, **question)
    except Exception as error:
        if not question.get("compile"):
            raise
        return {"failed": reason(error)}


def main():
    measure.default_threads = torch.get_num_threads()
    with open(sys.argv[1], "rb") as file:
        preset = tomllib.load(file)
    serve(partial(measured_or_told, preset, sys.argv[2]))


if __name__ == "__main__":
    main()
