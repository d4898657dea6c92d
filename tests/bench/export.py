"""What `tandem export` writes, held against torchvision and timm themselves: a strict load_state_dict of ResNet-18 and ResNet-50,
the number of entries, and the features of the same pictures beside `tandem embed`.

    tests/bench/setup.sh
    tests/bench/.venv/bin/python tests/bench/export.py [--tandem build/bin/tandem]
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy
import timm
import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file, safe_open

SIDE, PICTURES = 64, 8
MAKERS = {"torchvision": torchvision.models.get_model, "timm": timm.create_model}


def write_pictures(folder):
    random = numpy.random.default_rng(0)
    folder.mkdir()
    for number in range(PICTURES):
        small = Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=numpy.uint8))
        small.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(folder / f"{number}.png")


def train(program, folder, network):
    settings = {"backbone": f'{{ use = "{network}", stem = "imagenet" }}', "objective.projector": "[16, 16]", "train.batch_size": 4,
                "train.max_steps": 2, "run.out": f'"{network}"',
                "view": f'[{{ count = 2, ops = [{{ use = "random_resized_crop", size = {SIDE} }}] }}]'}
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    subprocess.run([program, "train", "--data", "pictures", "-q", *words], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    subprocess.run([program, "embed", network, "--data", "pictures", "--out", f"{network}.npy", "-q"], check=True, cwd=folder,
                   stdout=subprocess.DEVNULL)
    return torch.from_numpy(numpy.load(folder / f"{network}.npy"))


def features(net, about, folder):
    pictures = numpy.stack([numpy.asarray(Image.open(folder / f"pictures/{number}.png")) for number in range(PICTURES)])
    mean, std = (torch.tensor([float(x) for x in about[key].split(",")]).view(-1, 1, 1) for key in ("mean", "std"))
    with torch.inference_mode():
        return net.eval()((torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255 - mean) / std)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tandem", default="build/bin/tandem")
    options = parser.parse_args()
    program = str(pathlib.Path(options.tandem).resolve())
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, timm {timm.__version__}")
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_pictures(folder / "pictures")
        for network, entries in (("resnet18", 122), ("resnet50", 320)):
            own = train(program, folder, network)
            for form, make in MAKERS.items():
                file = folder / f"{network}.{form}"
                subprocess.run([program, "export", network, "--format", form, "--out", str(file), "-q"], check=True, cwd=folder,
                               stdout=subprocess.DEVNULL)
                net = make(network)
                state = load_file(file)
                net.load_state_dict(state, strict=True)
                net.fc = torch.nn.Identity()
                theirs = features(net, safe_open(file, "pt").metadata(), folder)
                # A network of two steps may give features of any size in eval mode.
                worst = ((theirs - own).abs().max() / own.abs().max().clamp_min(1)).item()
                holds = len(state) == entries and worst <= 1e-5
                failed = failed or not holds
                print(f"{form:<12} {network:<9} {len(state)} entries ({entries}), features within {worst:.1e} of tandem's "
                      f"as a share of the largest above 1 (goal 1e-5): {'holds' if holds else 'FAILS'}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
