"""Writes golden vectors as safetensors, byte for byte the same at every run."""

import json
import struct
from pathlib import Path

import numpy as np

TYPES = {"float64": "F64", "float32": "F32", "int64": "I64", "int8": "I8", "uint8": "U8"}


def as_array(value):
    """A tensor, an array or a number as a contiguous array of a type that the files hold."""
    if hasattr(value, "detach"):
        value = value.detach().numpy()
    # ascontiguousarray makes a vector of a number, hence the reshape.
    array = np.asarray(value)
    return np.ascontiguousarray(array).reshape(array.shape)


def write(path, tensors):
    """`tensors`: name to tensor, array or number. Larger elements come first, so that all are aligned."""
    arrays = {name: as_array(value) for name, value in tensors.items()}
    order = sorted(arrays, key=lambda name: -arrays[name].itemsize)
    header, end = {}, 0
    for name in order:
        array = arrays[name]
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": TYPES[array.dtype.name], "shape": list(array.shape),
                        "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with Path(path).open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            file.write(arrays[name].tobytes())
    print(f"{path}: {len(order)} tensors, {Path(path).stat().st_size} bytes")
