"""A training step of tandem beside the seed's loop in Python: ResNet-18 (3 × 3 stem), 32 px, N 128, projector
2048-2048-2048, float32, Adam; defaults and best settings of the Python loop. All in one run, taking turns.

    .venv/bin/python tests/bench/step.py [--tandem build/bin/tandem] [--rounds 3] [--steps 4]
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BATCH = 128
RETAINED_HEAP = {"MALLOC_MMAP_THRESHOLD_": "2000000000", "MALLOC_TRIM_THRESHOLD_": "2000000000"}


def tandem(program, warmup, steps):
    settings = {
        "data.source": "synthetic", "data.synthetic_count": 2 * BATCH, "data.synthetic_size": 32, "backbone.stem": "cifar",
        "objective.projector": [2048, 2048, 2048], "optimizer.use": "adam", "optimizer.lr": 0.001, "schedule.use": "constant",
        "train.batch_size": BATCH, "train.max_steps": warmup + steps, "train.log_every": 1, "eval.knn_every": "never",
    }
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={json.dumps(value)}")]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "train", "--backbone", "resnet18", "--objective", "barlow_twins", "--out", f"{folder}/run", "-q",
                        *words], check=True, stdout=subprocess.DEVNULL)
        events = [json.loads(line) for line in (Path(folder) / "run/metrics.jsonl").read_text().splitlines()]
        threads = json.loads((Path(folder) / "run/manifest.json").read_text())["machine"]["threads"]
    timing = [event["timing"] for event in events if event["event"] == "step"][warmup:]
    return timing, threads


def python_loop(warmup, steps, *options, heap=False):
    environment = {**os.environ, **(RETAINED_HEAP if heap else {})}
    output = subprocess.run([sys.executable, HERE / "seed_loop.py", "--warmup", str(warmup), "--steps", str(steps),
                             "--batch", str(BATCH), *options], check=True, capture_output=True, text=True, env=environment).stdout
    return json.loads(output)


def row(name, seconds, threads, base):
    step = statistics.median(seconds)
    print(f"{name:<42} {threads:>7} {step:>8.3f} {BATCH / step:>8.1f} {step / base:>8.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--warmup", type=int, default=2)
    options = parser.parse_args()
    processors = len(os.sched_getaffinity(0))
    ours, overhead, default, best = [], [], [], []
    for _ in range(options.rounds):
        timing, threads = tandem(options.tandem, options.warmup, options.steps)
        ours += [t["total"] for t in timing]
        overhead += [1 - (t["forward"] + t["backward"] + t["optimizer"]) / t["total"] for t in timing]
        plain = python_loop(options.warmup, options.steps)
        default += plain["seconds"]
        tuned = python_loop(options.warmup, options.steps, "--channels-last", "--threads", str(processors), heap=True)
        best += tuned["seconds"]
    base = statistics.median(ours)
    print(f"{platform.machine()}, {processors} processors, torch {plain['torch']}, {options.rounds} rounds of {options.steps} steps")
    print(f"{'':<42} {'threads':>7} {'s/step':>8} {'pairs/s':>8} {'ratio':>8}")
    row("tandem, its defaults", ours, threads, base)
    row("seed's loop, defaults", default, plain["threads"], base)
    row("seed's loop, channels-last, retained heap", best, tuned["threads"], base)
    print(f"tandem: share of a step outside forward, backward and optimizer: {100 * statistics.median(overhead):.2f} %")


if __name__ == "__main__":
    main()
