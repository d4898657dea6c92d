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


# Of a picture of 61 rows and 47 columns: top, left, height and width of a part, and the side of the square that it
# becomes. Within, at the right edge, at the bottom, in the corner, a strip of all rows, one of all columns, one column.
CROPS = [(7, 5, 40, 20, 32), (10, 17, 25, 30, 11), (31, 3, 30, 12, 19), (52, 35, 9, 12, 21), (0, 20, 61, 13, 16),
         (40, 0, 5, 47, 20), (30, 46, 17, 1, 9)]
# Of one of 19 rows and 14 columns: rows and columns that it becomes.
SCALED = [(12, 9), (33, 25)]


def scaled_as_ever(picture, columns, rows, kernel):
    """Rows of pixels first, then columns, as Pillow did it until 12, with which the published recipes were trained. 13 takes
    the columns first where that saves work (python-pillow/Pillow#9549), which changes values by one level."""
    return picture.resize((columns, picture.height), kernel).resize((columns, rows), kernel)


def write_crops(random, tensors):
    """As torchvision crops: cut out, then scaled. resize(box=...) would look at pixels around the part as well."""
    colours = smooth(random, 61, 47)
    for channels, mode in [(3, "RGB"), (1, "L")]:
        pixels = colours[:, :, :channels]
        picture = Image.fromarray(np.ascontiguousarray(pixels).squeeze())
        assert picture.mode == mode
        small = picture.crop((0, 0, 14, 19))
        for name, of in [("crop", picture), ("scale", small)]:
            tensors[f"{name}.{channels}.picture"] = np.asarray(of).reshape(of.height, of.width, channels)
        for filter_name, kernel in FILTERS.items():
            for i, (top, left, height, width, side) in enumerate(CROPS):
                part = scaled_as_ever(picture.crop((left, top, left + width, top + height)), side, side, kernel)
                tensors[f"crop.{channels}.{filter_name}.{i}"] = np.asarray(part).reshape(side, side, channels)
            for rows, columns in SCALED:
                scaled = np.asarray(scaled_as_ever(small, columns, rows, kernel))
                tensors[f"scale.{channels}.{filter_name}.{columns}"] = scaled.reshape(rows, columns, channels)
    tensors["crop.boxes"] = np.array(CROPS)


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
    write_crops(random, tensors)
    golden_file.write(Path(__file__).with_suffix(".safetensors"), tensors)


main()
