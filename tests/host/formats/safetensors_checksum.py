"""Holds the checksum in a safetensors file's metadata against one computed here; prints it.

    python safetensors_checksum.py FILE...
"""

import sys

from safetensors import safe_open


def table():
    """Of CRC-32C: RFC 3720, reflected."""
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        yield value


TABLE = list(table())


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = TABLE[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def main():
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            file.seek(size, 1)
            computed = f"{crc32c(file.read()):08x}"
        with safe_open(path, "np") as file:
            stated = file.metadata()["data_crc32c"]
            for name in file.keys():
                file.get_tensor(name)
        if stated != computed:
            raise SystemExit(f"{path}: {stated} is stated, {computed} is right")
        print(stated)


main()
