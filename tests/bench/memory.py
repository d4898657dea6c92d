"""Resident memory, open files and threads of long trainings: they must be flat once a run is warm.

    .venv/bin/python tests/bench/memory.py [--tandem build/bin/tandem] [--steps 10000] [--epochs 50] [--runs 20]

One run of many steps in one epoch after another, one of many epochs with a kNN and a checkpoint each, and a comparison of
many runs, each a process of its own. Memory is read from /proc while they run: growth is the median of the last tenth over
that of the second tenth, and counts as flat at 1 % or 8 MB.
"""
import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

TINY = ["--set", 'data.source="synthetic"', "--set", "data.synthetic_size=16", "--set", "train.batch_size=32",
        "--set", 'backbone={use = "resnet10", width = 8, stages = 1, stem = "cifar"}',
        "--set", 'objective={use = "barlow_twins", projector = [32, 32]}', "--set", "run.threads=1",
        "--set", "data.workers=1", "--quiet"]


def resources(pid):
    """Resident bytes, descriptors, threads; nothing where the process is gone."""
    try:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return int(status["VmRSS"].split()[0]) * 1024, files, int(status["Threads"])
    except (OSError, KeyError, ValueError):
        return None


def watched(words):
    """A program's resources while it runs."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    seen = []
    while process.poll() is None:
        now = resources(process.pid)
        if now:
            seen.append(now)
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    return seen


def tell(name, values):
    """Growth between a warm tenth and the last one."""
    tenth = max(1, len(values) // 10)
    parts = [[statistics.median(item[i] for item in part) for i in range(3)]
             for part in (values[tenth:2 * tenth], values[-tenth:])]
    growth = parts[1][0] - parts[0][0]
    flat = growth <= max(8e6, 0.01 * parts[0][0]) and parts[0][1:] == parts[1][1:]
    print(f"{name}: {parts[0][0] / 1e6:.1f} MB, later {parts[1][0] / 1e6:.1f} MB ({growth / 1e6:+.1f}); "
          f"files {parts[0][1]:.0f}, {parts[1][1]:.0f}; threads {parts[0][2]:.0f}, {parts[1][2]:.0f}; "
          f"{len(values)} looks: {'flat' if flat else 'NOT FLAT'}")


def peaks(folder):
    """The peak memory of each run of a comparison, in its order."""
    return [json.loads(path.read_text())["peak_memory_bytes"] for path in sorted(folder.glob("*/seed-*/manifest.json"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tell(f"{options.steps} steps", watched(
            [options.tandem, "train", *TINY, "--out", str(folder / "steps"), "--set", "train.epochs=100000",
             "--set", f"train.max_steps={options.steps}", "--set", "eval.knn_every=\"never\""]))
        tell(f"{options.epochs} epochs, each with kNN and a checkpoint", watched(
            [options.tandem, "train", *TINY, "--out", str(folder / "epochs"),
             "--set", f"train.epochs={options.epochs}", "--set", "eval.knn_every=1",
             "--set", "checkpoint.keep_every=1", "--set", "data.synthetic_count=4096"]))
        (folder / "a.toml").write_text("")
        seen = watched([options.tandem, "compare", str(folder / "a.toml"), *TINY, "--set", "train.epochs=2",
                        "--seeds", str(options.runs), "--out", str(folder / "all")])
        tell(f"compare of {options.runs} runs, itself", seen)
        each = peaks(folder / "all")
        print(f"its runs' peaks: {min(each) / 1e6:.1f} to {max(each) / 1e6:.1f} MB")


main()
