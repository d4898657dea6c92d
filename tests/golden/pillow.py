"""Writes pillow.safetensors: pictures before and after Pillow's own operations.

Needs Pillow in an environment of its own; made with Pillow 13.0.0. Run from the top of the repository:

    python3 -m venv /tmp/pillow && /tmp/pillow/bin/pip install pillow==13.0.0 numpy
    /tmp/pillow/bin/python tests/golden/pillow.py
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

import golden_file

SIGMAS = [0.1, 0.4, 0.75, 1.0, 1.6, 2.0, 4.5]
SHAPES = [(40, 30, 3), (13, 70, 1), (1, 9, 3), (2, 3, 3)]


def blurred(pixels, sigma):
    picture = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[:, :, 0])
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(sigma))).reshape(pixels.shape)


def main():
    random = np.random.default_rng(0)
    tensors = {"blur.sigma": np.array(SIGMAS)}
    for number, shape in enumerate(SHAPES):
        pixels = random.integers(0, 256, shape, dtype=np.uint8)
        tensors[f"blur.{number}.picture"] = pixels
        for i, sigma in enumerate(SIGMAS):
            tensors[f"blur.{number}.{i}"] = blurred(pixels, sigma)
    golden_file.write(Path(__file__).with_suffix(".safetensors"), tensors)


main()
