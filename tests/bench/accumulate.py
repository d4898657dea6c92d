"""What train.accumulate costs and changes: the peak memory of a step for 1, 2, 4, 8 chunks, its time, and how far the
gradient of a network with BatchNorm, which sees chunks, moves from that of the whole batch (float64).

    .venv/bin/python tests/bench/accumulate.py [--tandem build/bin/tandem] [--batch 256] [--steps 2] [--threads 1]
"""
import argparse
import json
import os
import statistics
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy

CHUNKS = (1, 2, 4, 8)
TYPES = {"F64": numpy.float64, "F32": numpy.float32, "I64": numpy.int64}


def train(program, out, settings):
    """Runs `tandem train`; gives its peak memory in MiB."""
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={json.dumps(value)}")]
    process = subprocess.Popen([program, "train", "--backbone", "resnet18", "--objective", "barlow_twins", "--out", out, "-q",
                                *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"tandem train ended with {process.returncode}")
    return usage.ru_maxrss / 1024


def settings_of(options, batch, chunks, **more):
    return {"run.threads": options.threads, "data.source": "synthetic", "data.synthetic_count": 2 * batch,
            "data.synthetic_size": 32, "data.workers": 1, "backbone.stem": "cifar", "objective.projector": [512, 512],
            "optimizer.use": "sgd", "schedule.use": "constant", "train.batch_size": batch, "train.accumulate": chunks,
            "train.max_steps": options.steps, "train.log_every": 1, "eval.knn_every": "never", "eval.health_every": "never",
            **more}


def step_seconds(out):
    events = [json.loads(line) for line in (Path(out) / "metrics.jsonl").read_text().splitlines()]
    return statistics.median(event["timing"]["total"] for event in events if event["event"] == "step")


def memory(options, folder):
    base = train(options.tandem, f"{folder}/base", settings_of(options, 8, 8))
    print(f"ResNet-18 (3 x 3 stem), 32 px, N {options.batch}, projector 512-512, float32, {options.threads} thread(s); "
          f"{base:.0f} MiB with one picture a chunk\n")
    print(f"{'chunks':>6} {'peak MiB':>9} {'above base':>11} {'of 1 chunk':>11} {'s a step':>9}")
    whole = None
    for chunks in CHUNKS:
        out = f"{folder}/memory{chunks}"
        peak = train(options.tandem, out, settings_of(options, options.batch, chunks))
        whole = whole or peak - base
        print(f"{chunks:>6} {peak:>9.0f} {peak - base:>11.0f} {(peak - base) / whole:>11.3f} {step_seconds(out):>9.2f}")


def weights(out, name):
    content = (Path(out) / name).read_bytes()
    size, = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8:8 + size]), content[8 + size:]
    return {key: numpy.frombuffer(data[slice(*info["data_offsets"])], TYPES[info["dtype"]]).astype(float)
            for key, info in header.items() if key != "__metadata__" and "running" not in key and "num_batches" not in key}


def gradients(options, folder):
    """With SGD of rate 1 and one step a gradient is what the weights moved by."""
    def run(name, chunks, rate):
        out = f"{folder}/{name}"
        more = {"run.precision": "float64", "optimizer.lr": rate, "optimizer.momentum": 0.0, "optimizer.weight_decay": 0.0,
                "optimizer.lr_per": 0, "backbone.width": 16, "train.max_steps": 1}
        train(options.tandem, out, settings_of(options, 128, chunks, **more))
        files = [weights(out, "backbone.safetensors"), weights(out, "objective.safetensors")]
        return [numpy.concatenate([file[key] for key in sorted(file)]) for file in files]

    start = run("start", 1, 1e-300)
    whole = [moved - at for moved, at in zip(run("whole", 1, 1.0), start)]
    print("\nWith BatchNorm in the backbone (width 16, N 128, float64): |g(chunks) - g(1)| / |g(1)|, cosine\n")
    print(f"{'chunks':>6} {'backbone':>22} {'heads':>22}")
    for chunks in CHUNKS[1:]:
        row = f"{chunks:>6}"
        for moved, at, one in zip(run(f"gradient{chunks}", chunks, 1.0), start, whole):
            gradient = moved - at
            distance = numpy.linalg.norm(gradient - one) / numpy.linalg.norm(one)
            cosine = gradient @ one / numpy.linalg.norm(gradient) / numpy.linalg.norm(one)
            row += f" {distance:>11.3g} {cosine:>10.4f}"
        print(row)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        memory(options, folder)
        gradients(options, folder)


main()
