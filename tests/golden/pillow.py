"""Writes pillow.safetensors: pictures before and after Pillow's own operations.

Needs Pillow in an environment of its own; made with Pillow 13.0.0. Run from the top of the repository:

    python3 -m venv /tmp/pillow && /tmp/pillow/bin/pip install pillow==13.0.0 numpy
    /tmp/pillow/bin/python tests/golden/pillow.py
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps

import golden_file

SIGMAS = [0.1, 0.4, 0.75, 1.0, 1.6, 2.0, 4.5]
SHAPES = [(40, 30, 3), (13, 70, 1), (1, 9, 3), (2, 3, 3)]


def blurred(pixels, sigma):
    picture = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[:, :, 0])
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(sigma))).reshape(pixels.shape)


# Height and width of a picture, and the side of the square that it becomes.
RESIZED = [(33, 33, 20), (33, 33, 57), (64, 64, 9), (24, 24, 24), (5, 5, 40), (50, 50, 1)]
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def smooth(random, height, width):
    """A picture with edges, slopes and noise."""
    y, x = np.mgrid[0:height, 0:width][..., None]
    wave = 127 + 90 * np.sin(x / 3 + np.arange(3)) * np.cos(y / (4 + np.arange(3)))
    wave = np.where((x + y) % 17 < 3, 255 - wave, wave) + random.normal(0, 12, (height, width, 3))
    return np.clip(wave, 0, 255).astype(np.uint8)


def write_resized(random, tensors):
    for height, width, side in RESIZED:
        pixels = smooth(random, height, width)
        name = f"resize.{height}.{side}"
        tensors[f"{name}.picture"] = pixels
        for filter_name, kernel in FILTERS.items():
            tensors[f"{name}.{filter_name}"] = np.asarray(Image.fromarray(pixels).resize((side, side), kernel))


def write_tones(random, tensors):
    pixels = random.integers(0, 256, (24, 40, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    tensors["tone.picture"] = pixels
    tensors["tone.grayscale"] = np.repeat(np.asarray(picture.convert("L"))[..., None], 3, 2)
    tensors["tone.solarize"] = np.asarray(ImageOps.solarize(picture, 128))


def main():
    random = np.random.default_rng(0)
    tensors = {"blur.sigma": np.array(SIGMAS)}
    for number, shape in enumerate(SHAPES):
        pixels = random.integers(0, 256, shape, dtype=np.uint8)
        tensors[f"blur.{number}.picture"] = pixels
        for i, sigma in enumerate(SIGMAS):
            tensors[f"blur.{number}.{i}"] = blurred(pixels, sigma)
    write_resized(random, tensors)
    write_tones(random, tensors)
    golden_file.write(Path(__file__).with_suffix(".safetensors"), tensors)


main()
