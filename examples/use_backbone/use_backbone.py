"""The features of a trained ResNet in PyTorch.

    tandem export RUN --format torchvision --out resnet.safetensors
    python use_backbone.py resnet.safetensors
"""
import sys

import torch
import torchvision
from safetensors.torch import load_file, safe_open


def load(path):
    state, about = load_file(path), safe_open(path, "pt").metadata()
    net = getattr(torchvision.models, about["backbone"])()
    channels, kernel = state["conv1.weight"].shape[1:3]
    if kernel == 3:  # stem = "cifar", for small pictures
        net.conv1 = torch.nn.Conv2d(channels, 64, 3, 1, 1, bias=False)
        net.maxpool = torch.nn.Identity()
    elif channels != 3:
        net.conv1 = torch.nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
    net.load_state_dict(state)  # every key, no other
    net.fc = torch.nn.Identity()  # what was untrained
    mean, std = (
        torch.tensor([float(x) for x in about[key].split(",")]).view(-1, 1, 1)
        for key in ("mean", "std")
    )
    return lambda pictures: net.eval()((pictures - mean) / std)  # (N, C, H, W) of 0 to 1


if __name__ == "__main__":
    with torch.inference_mode():
        print(load(sys.argv[1])(torch.rand(8, 3, 32, 32)).shape)
