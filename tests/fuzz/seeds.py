"""The files that fuzzing starts from, beside golden/pictures and golden/arrays: seeds/.

    python3 tests/fuzz/seeds.py
"""

import gzip
import io
import json
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


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def weights():
    def file(header, data=b"", pad=0):
        text = json.dumps(header, separators=(",", ":")).encode() + b" " * pad
        return struct.pack("<Q", len(text)) + text + data

    def tensor(kind, shape, begin, end, **more):
        return {"dtype": kind, "shape": shape, "data_offsets": [begin, end], **more}

    a, b = tensor("F32", [2, 1], 0, 8), tensor("BF16", [3], 8, 14, more=[1.5, {"x": [None, True, -1]}])
    put("safetensors/empty", file({}))
    put("safetensors/two", file({"__metadata__": {"format": "pt", "a": "\u00e9"}, "b": b, "a.w": a}, bytes(14), 5))
    put("safetensors/none", file({"__metadata__": None, "a": tensor("I64", [2, 0], 0, 0), "b": tensor("U8", [], 0, 1)}, b"!"))
    data = bytes(range(14))
    put("safetensors/summed", file({"__metadata__": {"data_crc32c": f"{crc32c(data):08x}"}, "a.w": a, "b": b}, data))


def plugins():
    """A header of a shared library and a stamp behind it: sdk/include/tandem/base/abi.hpp."""

    def text(words, size):
        return words.encode().ljust(size, b"\0")

    magic = b"TANDEM\x91\x0c\xe5\x7f\x03\xba\x58\xd4\x26\xf9"
    body = struct.pack("<HHHHHBB", 1, 0, 1, 1, 1, 1, 0)
    for words, size in [("none", 12), ("libstdc++", 16), ("x86_64", 16), ("none", 32), ("gcc 12.2.0", 32),
                        ("tiny", 48), ("1.0", 24), ("MIT", 32), ("someone", 64), ("for tests", 128)]:
        body += text(words, size)
    items = [(2, "blur"), (0, "loss")]
    body += struct.pack("<I", len(items)) + b"".join(bytes([role]) + text(id, 47) for role, id in items)
    body = body.ljust(body_size(), b"\0")
    checksum = 2166136261
    for byte in body:
        checksum = (checksum ^ byte) * 16777619 & 0xFFFFFFFF
    stamp = magic + struct.pack("<II", len(magic) + 8 + len(body), checksum) + body
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, 0, 0, 64, 56, 0, 64, 0, 0)
    put("stamp/good", header + stamp)
    put("stamp/two", header + stamp + stamp)
    put("stamp/cut", header + stamp[:700])
    put("stamp/none", header)


def body_size():
    """Of the 24 items a stamp has room for."""
    return 12 + 12 + 16 + 16 + 32 + 32 + 48 + 24 + 32 + 64 + 128 + 4 + 24 * 48


def runs():
    lines = [
        {"event": "start", "objective": "<fuzz>", "backbone": "b", "device": "cpu", "samples": 9, "batch_size": 3,
         "steps_per_epoch": 3, "epochs": 2, "total_steps": 6, "first_step": 0, "parameters": 7},
        {"event": "step", "step": 1, "epoch": 1, "loss": 2.5, "lr": 0.1, "metrics": {"<fuzz>": 1, "n": "nan"}, "images": 3,
         "timing": {"images_per_s": 5.5, "data": 0.1, "total": 0.5}},
        {"event": "health", "step": 1, "epoch": 1, "embedding_std": 0.1, "embedding_std_even": 0.2, "effective_rank": 3},
        {"event": "matrix", "name": "<fuzz>", "step": 1, "epoch": 1, "rows": 2, "columns": 2, "values": [1, 0, -1, "inf"]},
        {"event": "alarm", "step": 1, "sign": "<fuzz>", "cause": "c"},
        {"event": "eval", "name": "knn", "step": 3, "epoch": 1, "protocol": "<fuzz>", "values": {"knn_top1": 0.5}},
        {"event": "step", "step": 4, "loss": "inf", "lr": 0},
        {"event": "start", "first_step": 3},
        {"event": "end", "reason": "finished", "step": 6, "epoch": 2, "message": "<fuzz>", "timing": {"total": 9}},
    ]
    manifest = {"tandem": "<fuzz>", "seed": 3, "peak_memory_bytes": 5e9, "data": {"fingerprint": "f"},
                "machine": {"threads": 2}, "plugins": [{"id": "p", "sha256": "00"}]}
    text = "".join(json.dumps(line) + "\n" for line in lines)
    picture = {"name": "<fuzz>", "label": 1, "png": "data:image/png;base64,AAAA"}
    gallery = {"map": {"x": [1, 2.5], "y": [3, 4], "labels": [0, -1], "explained": [0.5, 0.25], "pictures": "<fuzz>", "features": "<fuzz>"},
               "neighbours": {"bank": "<fuzz>", "queries": [dict(picture, neighbours=[dict(picture, similarity=0.5)])]}}
    put("metrics/whole", "\0".join([json.dumps(manifest), text, json.dumps(gallery)]).encode())
    put("metrics/no_whole_numbers", b'\0{"event":"start","epochs":1e300}\n{"event":"matrix","name":"m","step":1,"rows":-1e30,'
        b'"columns":1,"values":[1]}\n{"event":"step","step":18446744073709551615,"loss":1,"lr":1}\n\0'
        b'{"map":{"x":[1e308],"y":[-1e308],"labels":[1e99],"explained":[1e308,0]}}')
    put("metrics/lines", text[:600].encode())


def checkpoints():
    commit = b"tandem checkpoint 1\n1234 00c0ffee model.safetensors\n0 00000000 objective.safetensors\n77 12345678 state.json\n"
    put("checkpoint/commit", commit + b"end %08x\n" % crc32c(commit))
    state = {"step": 12, "steps_per_epoch": 5, "total_steps": 50, "epoch_ended": False, "images": 320, "part_seconds": 0.5,
             "looked_in": -1,
             "alarm_signs": 1, "best_top1": 41.5, "seconds": 12.25, "metrics_bytes": 1234, "tensorboard_bytes": 567,
             "tandem": "0.1.0", "libtorch": "2.13.0", "processor": "some", "capability": "AVX2", "threads": 2, "ranks": 1,
             "data": "0123456789abcdef", "plugins": {"byol": "00ff"}, "files": {}, "saved": "2026-01-01T00:00:00Z", "problem": ""}
    put("checkpoint/state", json.dumps(state).encode())


def configurations():
    put("config/complete", COMPLETE.encode())
    put("config/other", OTHER.encode())
    put("config/line_end_in_message", b"a = i\n[b]\n")
    put("config/id_of_lines", b"[backbone]\nuse = \'\'\'a\nb\'\'\'\n")
    put("assignment/values", b"optimizer.lr=0.1\nrun.out = runs/x\nview[0].ops[0].size=24\nobjective.projector=[1,2]\n")
    put("assignment/uses", b"objective.use=simsiam\nobjective.predictor=false\nview[1].ops=[{use='crop',tags=[\"a\"]}]\n"
                           b"schedule={use='step'}\nobjective.lambda='1/d'\nbackbone.pool=gem\n")


COMPLETE = """\
[run]
seed = 3
out = "runs/a"
[data]
path = "pictures"
normalize = "custom"
mean = [0.5, 0.5, 0.5]
std = [1, 0.25, 5e-1]
[backbone]
use = "resnet18"
tap = "avgpool"
stem = "cifar"
[objective]
use = "barlow_twins"
lambda = "1/d"
projector = [64, 1_024, 0x40]
[[view]]
ops = [
  { use = "crop", size = 24, tags = ["a", 'b\\'] },
  { use = "grayscale", p = 1 },
]
[[view]]
count = 2
role = "local"
ops = [{ use = "crop", scale = [0.05, 0.2] }]
[optimizer]
use = "lars"
lr = 0.3
[schedule]
use = "cosine"
warmup_epochs = 10
[train]
epochs = 5
[eval]
k = 10
[checkpoint]
[guard]
on_collapse = "warn"
"""
OTHER = """\
run.seed = 1
optimizer = { use = "adamw", "beta1" = 0.9 }
backbone.use = \'\'\'resnet18\'\'\'
objective.use = "simsiam"
objective.lamda = inf
schedule.use = "step" # a remark
schedule.when = 1979-05-27
view = [{ ops = [{ use = "clash" }, { p = -1 }, 7] }, "a"]
sed = \"\"\"
a \\
  b\"\"\"
"""


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

    weights()
    plugins()
    runs()
    checkpoints()
    configurations()


main()
