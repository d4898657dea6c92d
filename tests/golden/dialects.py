"""Writes dialects.safetensors: pictures before and after the operations of the dialects "deepmind" and "opencv-fast".

Computed in float64 from the formulas, by NumPy alone; BYOL's own code (google-deepmind/deepmind-research, byol/utils) is
their source for "deepmind". Run from the top of the repository: python3 tests/golden/dialects.py
"""

from pathlib import Path

import numpy as np

import golden_file

ORDER = ["brightness", "contrast", "saturation", "hue"]
STEPS = {"brightness": [-0.4, -0.11, 0.27], "contrast": [0.6, 0.93, 1.4], "saturation": [0.8, 1.2, 0.3],
         "hue": [-0.1, 0.037, 0.31]}
JITTERS = [[("saturation", 1.17), ("brightness", 0.21), ("hue", -0.083), ("contrast", 0.74)],
           [("hue", 0.061), ("contrast", 1.33), ("brightness", -0.3), ("saturation", 0.85)]]
FAST = [[("saturation", 1.17), ("brightness", 1.21), ("hue", -0.083), ("contrast", 0.74)],
        [("contrast", 1.33), ("hue", 0.25), ("brightness", 0.7)], [("hue", 0.1)], [("saturation", 0.2)]]
BLURRED = [(230, 7, 0.7), (230, 7, 2.0), (64, 40, 1.3), (19, 8, 1.0)]
RESIZED = [(33, 20), (20, 57), (64, 9), (24, 24), (3, 11)]


def picture(random, height, width):
    """Waves, noise, and some greys, blacks and whites."""
    y, x = np.mgrid[0:height, 0:width][..., None]
    wave = 127 + 110 * np.sin(x / 3 + np.arange(3)) * np.cos(y / (4 + np.arange(3))) + random.normal(0, 15, (height, width, 3))
    pixels = np.clip(wave, 0, 255).astype(np.uint8)
    pixels[0, :3] = [[0, 0, 0], [255, 255, 255], [90, 90, 90]]
    return pixels


def rgb_to_hsv(rgb):
    value = rgb.max(-1)
    span = value - rgb.min(-1)
    red, green, blue = np.moveaxis(rgb, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        hue = np.select([value == red, value == green], [(green - blue) / span % 6, (blue - red) / span + 2],
                        (red - green) / span + 4) / 6
        saturation = span / value
    return np.where(span > 0, hue, 0), np.where(value > 0, saturation, 0), value


def hsv_to_rgb(hue, saturation, value):
    """Each channel by its distance from where it is highest, on a circle of six."""
    channels = []
    for peak in [0, 2, 4]:
        distance = np.abs((hue * 6 - peak + 3) % 6 - 3)
        channels.append(value * (1 - saturation * np.clip(distance - 1, 0, 1)))
    return np.stack(channels, -1)


def deepmind_step(rgb, name, amount):
    if name == "brightness":
        rgb = rgb + amount
    elif name == "contrast":
        mean = rgb.mean((0, 1))
        rgb = amount * (rgb - mean) + mean
    else:
        hue, saturation, value = rgb_to_hsv(rgb)
        if name == "saturation":
            saturation = np.clip(saturation * amount, 0, 1)
        else:
            hue = (hue + amount) % 1
        rgb = hsv_to_rgb(hue, saturation, value)
    return np.clip(rgb, 0, 1)


def deepmind(pixels, steps):
    rgb = pixels / 255
    for name, amount in steps:
        rgb = deepmind_step(rgb, name, amount)
    return rgb


LUMA = np.array([0.299, 0.587, 0.114])
TO_YUV = np.stack([LUMA, 0.492 * (np.array([0, 0, 1]) - LUMA), 0.877 * (np.array([1, 0, 0]) - LUMA)])


def fast(pixels, steps):
    """Step by step on the picture, without a limit until the end."""
    rgb = pixels / 255
    for name, amount in steps:
        if name == "brightness":
            rgb = amount * rgb
        elif name == "contrast":
            mean = (rgb @ LUMA).mean()
            rgb = mean + amount * (rgb - mean)
        elif name == "saturation":
            grey = (rgb @ LUMA)[..., None]
            rgb = grey + amount * (rgb - grey)
        else:
            angle = 2 * np.pi * amount
            turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
            rgb = rgb @ (np.linalg.inv(TO_YUV) @ turn @ TO_YUV).T
    return np.clip(rgb, 0, 1)


def blurred(pixels, sigma):
    """Each direction as a product with a band matrix: what lies outside is black."""
    height, width = pixels.shape[:2]
    radius = int(height / 10 / 2)
    taps = np.exp(-np.arange(-radius, radius + 1.0) ** 2 / (2 * sigma**2))
    taps /= taps.sum()

    def band(size):
        distance = np.arange(size)[None] - np.arange(size)[:, None]
        return np.where(np.abs(distance) <= radius, taps[np.clip(distance + radius, 0, 2 * radius)], 0)

    return np.einsum("yi,xj,ijc->yxc", band(height), band(width), pixels / 255)


def keys(x):
    x = np.abs(x)
    return np.where(x < 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))


def resized(pixels, side):
    """Keys' cubic at the input's own scale, normalised where it is cut off; then the overshoot is cut off."""
    def weights(size):
        centres = (np.arange(side) + 0.5) * size / side - 0.5
        table = keys(np.arange(size)[None] - centres[:, None])
        return table / table.sum(1, keepdims=True)

    height, width = pixels.shape[:2]
    return np.clip(np.einsum("yi,xj,ijc->yxc", weights(height), weights(width), pixels / 255), 0, 1)


def main():
    random = np.random.default_rng(5)
    pixels = picture(random, 24, 31)
    tensors = {"jitter.picture": pixels}
    chains = [[(name, amount)] for name in ORDER for amount in STEPS[name]] + JITTERS
    for dialect, function, jitters in [("deepmind", deepmind, chains), ("opencv-fast", fast, FAST)]:
        for i, steps in enumerate(jitters):
            tensors[f"{dialect}.{i}.order"] = np.array([ORDER.index(name) for name, _ in steps], np.float64)
            tensors[f"{dialect}.{i}.factors"] = np.array([amount for _, amount in steps])
            tensors[f"{dialect}.{i}"] = function(pixels, steps).astype(np.float32)
    for i, (height, width, sigma) in enumerate(BLURRED):
        pixels = picture(random, height, width)
        tensors[f"blur.{i}.picture"] = pixels
        tensors[f"blur.{i}.sigma"] = np.array([sigma])
        tensors[f"blur.{i}"] = blurred(pixels, sigma).astype(np.float32)
    for i, (size, side) in enumerate(RESIZED):
        pixels = picture(random, size, size)
        tensors[f"resize.{i}.picture"] = pixels
        tensors[f"resize.{i}"] = resized(pixels, side).astype(np.float32)
    golden_file.write(Path(__file__).with_suffix(".safetensors"), tensors)


main()
