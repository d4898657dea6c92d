"""Resident memory, open files and threads of long trainings: they must be flat once a run is warm.

    .venv/bin/python tests/bench/memory.py [--tandem build/bin/tandem] [--steps 10000] [--epochs 50] [--runs 20]

One run of many steps in one epoch after another, one of many epochs with a kNN and a checkpoint each, and a comparison
of many runs, each a process of its own. Memory is read from /proc while they run: growth is the median of the last
tenth over that of the second tenth, and counts as flat at 1 % or 8 MB. Of a comparison's runs the peak of the last is
judged beside that of the second in the same way. The exit code is 1 where anything is not flat.
"""
import argparse
import json
import statistics
import subprocess
import sys
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


def children(pid):
    """Those that the process has started and not waited for, whichever of its threads did."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in path.read_text().split()]
        except OSError:  # the thread has ended
            pass
    return found


def watched(words):
    """A program's resources while it runs, and the most resident bytes that its children had at a time."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    seen, most = [], 0
    while process.poll() is None:
        now = resources(process.pid)
        if now:
            seen.append(now)
        most = max(most, sum(child[0] for child in map(resources, children(process.pid)) if child))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    return seen, most


def is_flat(before, after):
    """Bytes, of the same thing earlier and later."""
    return after - before <= max(8e6, 0.01 * before)


def word(flat):
    return "flat" if flat else "NOT FLAT"


def tell(name, values):
    """Growth between a warm tenth and the last one; whether there is none."""
    tenth = max(1, len(values) // 10)
    parts = [[statistics.median(item[i] for item in part) for i in range(3)]
             for part in (values[tenth:2 * tenth], values[-tenth:])]
    growth = parts[1][0] - parts[0][0]
    flat = is_flat(parts[0][0], parts[1][0]) and parts[0][1:] == parts[1][1:]
    print(f"{name}: {parts[0][0] / 1e6:.1f} MB, later {parts[1][0] / 1e6:.1f} MB ({growth / 1e6:+.1f}); "
          f"files {parts[0][1]:.0f}, {parts[1][1]:.0f}; threads {parts[0][2]:.0f}, {parts[1][2]:.0f}; "
          f"{len(values)} looks: {word(flat)}", flush=True)
    return flat


def peaks(folder):
    """The peak memory of each run of a comparison, seed by seed, which is their order."""
    manifests = sorted(folder.glob("*/seed-*/manifest.json"), key=lambda path: int(path.parent.name.split("-")[1]))
    return [json.loads(path.read_text())["peak_memory_bytes"] for path in manifests]


def tell_peaks(each, children_most):
    """Whether the last run took as much as the second; the first is left out: it may find caches cold."""
    flat = is_flat(each[1], each[-1])
    print(f"its runs' peaks: {min(each) / 1e6:.1f} to {max(each) / 1e6:.1f} MB, the second's {each[1] / 1e6:.1f}, the "
          f"last's {each[-1] / 1e6:.1f}: {word(flat)}; children at a time had at most {children_most / 1e6:.1f} MB")
    return flat


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    if options.runs < 3:
        parser.error("to judge their peaks a comparison needs at least three runs")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seen, _ = watched(
            [options.tandem, "train", *TINY, "--out", str(folder / "steps"), "--set", "train.epochs=100000",
             "--set", f"train.max_steps={options.steps}", "--set", "eval.knn_every=\"never\""])
        flat = [tell(f"{options.steps} steps", seen)]
        seen, _ = watched(
            [options.tandem, "train", *TINY, "--out", str(folder / "epochs"),
             "--set", f"train.epochs={options.epochs}", "--set", "eval.knn_every=1",
             "--set", "checkpoint.keep_every=1", "--set", "data.synthetic_count=4096"])
        flat.append(tell(f"{options.epochs} epochs, each with kNN and a checkpoint", seen))
        (folder / "a.toml").write_text("")
        seen, most = watched([options.tandem, "compare", str(folder / "a.toml"), *TINY, "--set", "train.epochs=2",
                              "--seeds", str(options.runs), "--out", str(folder / "all")])
        flat.append(tell(f"compare of {options.runs} runs, itself", seen))
        flat.append(tell_peaks(peaks(folder / "all"), most))
    return 0 if all(flat) else 1


if __name__ == "__main__":
    sys.exit(main())
