"""What the safetensors package says of files, a line for each: safetensors_reference_test.cpp compares it with
what Tandem says.

    python safetensors_reference.py PACK

PACK holds files one after another, each behind its size (u64, little-endian).
"""

import os
import struct
import sys
import tempfile

from safetensors import SafetensorError, deserialize, safe_open


def said(data, path):
    """ "no", or everything that the file holds."""
    with open(path, "wb") as file:
        file.write(data)
    try:
        tensors = deserialize(data)
    except SafetensorError:
        tensors = None
    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
    except SafetensorError:
        metadata = None
    if (tensors is None) != (metadata is None):
        raise SystemExit("the package contradicts itself")
    if tensors is None:
        return "no"
    words = [
        "t:" + ":".join([name.encode().hex(), t["dtype"], "x".join(map(str, t["shape"])), bytes(t["data"]).hex()])
        for name, t in tensors
    ]
    words += ["m:" + k.encode().hex() + ":" + v.encode().hex() for k, v in metadata.items()]
    return "ok " + " ".join(sorted(words))


def main():
    with open(sys.argv[1], "rb") as pack, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        while size := pack.read(8):
            print(said(pack.read(struct.unpack("<Q", size)[0]), path))
            os.unlink(path)  # some file systems write a file to disk at once that is cut and written again


main()
