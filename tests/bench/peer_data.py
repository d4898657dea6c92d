"""The Python side of data.py: two views of the official Barlow Twins recipe by torchvision, on Pillow images and by its
transforms.v2 on uint8 tensors, in one thread. Started by data.py, which asks it a line of JSON at a time.

    python peer_data.py FOLDER SIZE
"""
import random
import sys
import time
from pathlib import Path

import torch
from PIL import Image, ImageFilter, ImageOps
from torchvision import io, transforms
from torchvision.transforms import InterpolationMode, v2

from turns import serve

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
JITTER = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.2, "hue": 0.1}
PICTURES = 32  # that single operations are measured on, as many as `tandem bench data` has


class PillowBlur:
    """As the recipe's own code: Pillow's filter, whose radius is drawn from 0.1 … 2."""

    def __init__(self, p):
        self.p = p

    def __call__(self, picture):
        if random.random() >= self.p:
            return picture
        return picture.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 2.0)))


class PillowSolarize:
    def __init__(self, p):
        self.p = p

    def __call__(self, picture):
        return ImageOps.solarize(picture) if random.random() < self.p else picture


def sometimes(kind, operation, p):
    """RandomApply draws even where p is 1; without it nothing is lost there."""
    return operation if p == 1 else kind.RandomApply([operation], p=p)


def pillow_operations(size, jitter, gray, blur, solarize):
    return {
        "random_resized_crop": transforms.RandomResizedCrop(size, interpolation=InterpolationMode.BICUBIC),
        "horizontal_flip": transforms.RandomHorizontalFlip(1.0 if jitter == 1 else 0.5),
        "color_jitter": sometimes(transforms, transforms.ColorJitter(**JITTER), jitter),
        "grayscale": transforms.RandomGrayscale(gray),
        "gaussian_blur": PillowBlur(blur),
        "solarize": PillowSolarize(solarize),
        "float store, normalised": transforms.Compose([transforms.ToTensor(),
                                                       transforms.Normalize(MEAN, STD, inplace=True)]),
    }


def tensor_operations(size, jitter, gray, blur, solarize):
    kernel = max(3, size // 10 | 1)  # SimCLR's rule: a tenth of the picture, odd
    return {
        "random_resized_crop": v2.RandomResizedCrop(size, interpolation=InterpolationMode.BICUBIC, antialias=True),
        "horizontal_flip": v2.RandomHorizontalFlip(1.0 if jitter == 1 else 0.5),
        "color_jitter": sometimes(v2, v2.ColorJitter(**JITTER), jitter),
        "grayscale": v2.RandomGrayscale(gray),
        "gaussian_blur": sometimes(v2, v2.GaussianBlur(kernel, (0.1, 2.0)), blur),
        "solarize": v2.RandomSolarize(128, p=solarize),
        "float store, normalised": v2.Compose([v2.ToDtype(torch.float32, scale=True),
                                               v2.Normalize(MEAN, STD, inplace=True)]),
    }


def read_pillow(path):
    with open(path, "rb") as file:
        return Image.open(file).convert("RGB")


def read_tensor(path):
    return io.decode_jpeg(io.read_file(str(path)), mode=io.ImageReadMode.RGB)


class Pictures(torch.utils.data.Dataset):
    """Two views of each file, decoded once."""

    def __init__(self, files, read, operations, size):
        self.files, self.read = files, read
        certain = {"jitter": 0.8, "gray": 0.2}
        self.views = [transforms.Compose(list(operations(size, **certain, **rest).values()))
                      for rest in ({"blur": 1, "solarize": 0}, {"blur": 0.1, "solarize": 0.2})]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        picture = self.read(self.files[index])
        return [view(picture) for view in self.views]


class Side:
    """One of the two ways; goes on through the files where it was."""

    def __init__(self, files, read, operations, size):
        self.set, self.next = Pictures(files, read, operations, size), 0
        self.operations = operations(size, jitter=1, gray=1, blur=1, solarize=1)
        self.inputs, pictures = {}, [read(path) for path in files[:PICTURES]]
        for name, operation in self.operations.items():  # each on what the one before made
            self.inputs[name] = pictures
            if name != "grayscale":  # what follows it is measured on colours, which cost no less
                pictures = [operation(picture) for picture in pictures]

    def rate(self, seconds):
        begin, made = time.perf_counter(), 0
        while time.perf_counter() - begin < seconds:
            self.set[self.next]
            self.next = (self.next + 1) % len(self.set)
            made += 1
        return made / (time.perf_counter() - begin)

    def micro(self, name, seconds):
        operation, pictures, passes, begin = self.operations[name], self.inputs[name], 0, time.perf_counter()
        while passes == 0 or time.perf_counter() - begin < seconds:
            for picture in pictures:
                operation(picture)
            passes += 1
        return 1e6 * (time.perf_counter() - begin) / (passes * len(pictures))


def main():
    folder, size = Path(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(1)
    random.seed(0)
    torch.manual_seed(0)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    random.shuffle(files)
    sides = {"pillow": Side(files, read_pillow, pillow_operations, size),
             "tensors": Side(files, read_tensor, tensor_operations, size)}

    def answer(side, seconds, operations=()):
        rate = sides[side].rate(seconds)
        return {"rate": rate, "threads": torch.get_num_threads(), "files": len(files),
                "micro": {name: sides[side].micro(name, seconds / 10) for name in operations}}

    serve(answer)


if __name__ == "__main__":
    main()
