"""The features of a trained ResNet in PyTorch.

    tandem export RUN --format torchvision --out resnet.safetensors
    python use_backbone.py resnet.safetensors
"""
import sys
import tomllib

import torch
import torchvision
from safetensors.torch import load_file, safe_open


def load(path):
    state, about = load_file(path), safe_open(path, "pt").metadata()
    net = getattr(torchvision.models, about["backbone"])()
    channels, kernel = state["conv1.weight"].shape[1:3]
    stem = tomllib.loads(about["parameters"])["stem"]
    stride, padding = {"imagenet": (2, 3), "small": (2, 1), "cifar": (1, 1), "cifar_pad2": (1, 2)}[stem]
    net.conv1 = torch.nn.Conv2d(channels, 64, kernel, stride, padding, bias=False)
    if stem != "imagenet":  # for small pictures
        net.maxpool = torch.nn.Identity()
    net.load_state_dict(state)  # every key, no other
    net.fc = torch.nn.Identity()  # what was untrained
    mean, std = (
        torch.tensor([float(x) for x in (about[key] or none).split(",")]).view(-1, 1, 1)
        for key, none in (("mean", "0"), ("std", "1"))
    )
    return lambda pictures: net.eval()((pictures - mean) / std)  # (N, C, H, W) of 0 to 1


if __name__ == "__main__":
    channels, height, width = map(int, safe_open(sys.argv[1], "pt").metadata()["input"].split("x"))
    with torch.inference_mode():
        print(load(sys.argv[1])(torch.rand(8, channels, height, width)).shape)
