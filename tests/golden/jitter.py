"""Writes jitter.safetensors: pictures before and after torchvision's adjust_* on Pillow images.

Needs Pillow and torchvision, and of Matplotlib only a photograph of its sample data: the official portrait of Grace
Hopper, taken for the US Navy and in the public domain. Made with Pillow 13.0.0, torchvision 0.29.1 and Matplotlib
3.10.8. Run from the top of the repository:

    python3 -m venv /tmp/jitter && /tmp/jitter/bin/pip install pillow==13.0.0 torchvision==0.29.1 matplotlib==3.10.8
    /tmp/jitter/bin/python tests/golden/jitter.py
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.transforms import functional

import golden_file

# By the numbers that the operation gives them.
ADJUST = [functional.adjust_brightness, functional.adjust_contrast, functional.adjust_saturation,
          functional.adjust_hue]
NAMES = ["brightness", "contrast", "saturation", "hue"]
BLENDED = [0.2, 0.63, 0.97, 1.13, 1.8]
FACTORS = {"brightness": BLENDED, "contrast": BLENDED, "saturation": BLENDED,
           "hue": [-0.47, -0.25, -0.1, -0.003, 0.003, 0.05, 0.1, 0.37, 0.49]}
# The order of a whole jitter, and its factors in the order of NAMES.
JITTERS = [([2, 0, 3, 1], [1.31, 0.74, 0.87, 0.083]), ([3, 1, 2, 0], [0.69, 1.22, 1.17, -0.061])]
# Turns of the cube of all colours, of which only a checksum is kept.
CUBE_TURNS = [-0.1, 0.004, 0.44]
LEVELS = [0, 1, 63, 127, 128, 200, 254, 255]


def photograph():
    """A face, a flag and a uniform in 36 × 36 pixels."""
    folder = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "sample_data"
    picture = Image.open(folder / "grace_hopper.jpg").convert("RGB")
    return picture.crop((60, 20, 420, 380)).resize((36, 36), Image.Resampling.BICUBIC)


def colours():
    """Every mixture of LEVELS: black, white, greys, saturated colours and what lies just beside them."""
    return Image.fromarray(np.stack(np.meshgrid(LEVELS, LEVELS, LEVELS), -1).astype(np.uint8).reshape(16, 32, 3))


def half_grey():
    """Pictures whose mean grey ends in a half, which Pillow rounds up."""
    pixels = np.full((3, 14, 3), 90, np.uint8)
    pixels[:, ::2] = 91
    return Image.fromarray(pixels)


def write_picture(tensors, name, picture):
    tensors[f"{name}.picture"] = np.asarray(picture)
    for quality, adjust in zip(NAMES, ADJUST):
        for i, factor in enumerate(FACTORS[quality]):
            tensors[f"{name}.{quality}.{i}"] = np.asarray(adjust(picture, factor))
    for i, (order, factors) in enumerate(JITTERS):
        changed = picture
        for step in order:
            changed = ADJUST[step](changed, factors[step])
        tensors[f"{name}.jitter.{i}"] = np.asarray(changed)


def checksum(pixels):
    """The sum of all values, each times an odd number that belongs to its place, modulo 2^64."""
    places = np.arange(pixels.size, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    weights = (places ^ (places >> np.uint64(29))) | np.uint64(1)
    return (pixels.reshape(-1) * weights).sum(dtype=np.uint64)


def write_cube(tensors):
    """All 2^24 colours, red slowest, as a square picture."""
    index = np.arange(1 << 24, dtype=np.uint32)
    pixels = np.stack([index >> 16, (index >> 8) & 255, index & 255], -1).astype(np.uint8)
    cube = Image.fromarray(pixels.reshape(4096, 4096, 3))
    sums = [checksum(np.asarray(functional.adjust_hue(cube, turn))) for turn in CUBE_TURNS]
    tensors["cube.turns"] = np.array(CUBE_TURNS)
    tensors["cube.checksums"] = np.array(sums).astype(np.int64)


def main():
    tensors = {f"factors.{quality}": np.array(factors) for quality, factors in FACTORS.items()}
    for i, (order, factors) in enumerate(JITTERS):
        tensors[f"jitter.{i}.order"] = np.array(order, np.float64)
        tensors[f"jitter.{i}.factors"] = np.array(factors)
    for name, picture in {"photo": photograph(), "colours": colours(), "half": half_grey()}.items():
        write_picture(tensors, name, picture)
    write_cube(tensors)
    golden_file.write(Path(__file__).with_suffix(".safetensors"), tensors)


main()
