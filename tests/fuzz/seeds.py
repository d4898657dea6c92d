"""The files that fuzzing starts from, beside golden/pictures and golden/arrays: seeds/.

    python3 tests/fuzz/seeds.py
"""

import gzip
import io
import struct
import tarfile
from pathlib import Path

HERE = Path(__file__).parent / "seeds"
DOT = b"P6 1 1 255\n\x01\x02\x03"


def put(name, data):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def tar(members, **options):
    """An archive without the padding to 10 KiB that tarfile adds."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", **options) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue().rstrip(b"\0") + bytes(1024)


def main():
    idx = struct.pack(">IIII", 0x803, 3, 4, 5) + bytes(range(60))
    put("idx/plain", idx)
    put("idx/packed", gzip.compress(idx, mtime=0))
    put("cifar/ten", (b"\x03" + bytes(i % 251 for i in range(3072))) * 2)
    put("cifar/hundred", (b"\x03\x4d" + bytes(i % 251 for i in range(3072))) * 2)
    members = [("s/1.ppm", DOT), ("s/1.cls", b"4"), ("s/2.cls", b"5\n"), ("s/2.ppm", DOT)]
    long = [("d" * 90 + "/" + "e" * 80 + "/1.ppm", DOT)]
    put("tar/ustar", tar(members + long, format=tarfile.USTAR_FORMAT))
    put("tar/gnu", tar(long + members, format=tarfile.GNU_FORMAT))
    put("tar/pax", tar(members + long, format=tarfile.PAX_FORMAT, pax_headers={"comment": "a"}))
    put("list/plain", b"# pictures\na.png\nb c.png\n")
    put("list/classes", b'path,label\r\na.png,ant\r\n"b,c.png",bee\r\n')
    put("list/numbers", b"\xef\xbb\xbfa.png\t3\nb.png\t0\n")


main()
