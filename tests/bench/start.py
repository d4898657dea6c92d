"""How long the quickstart takes from its start to its first finished step, and to its end where it stops there: both from
outside the process, beside `import torch` in Python.

    .venv/bin/python tests/bench/start.py [--tandem build/bin/tandem] [--runs 5]
"""
import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def until_first_step(program, folder):
    begin = time.perf_counter()
    run = subprocess.Popen([program, "train", "quickstart", "--out", folder, "-q", "--set", "train.max_steps=1", "--set",
                            'eval.knn_every="never"'], stdout=subprocess.DEVNULL)
    metrics = Path(folder) / "metrics.jsonl"
    first = None
    while run.poll() is None:
        if first is None and metrics.exists() and '"event":"step"' in metrics.read_text():
            first = time.perf_counter() - begin
        time.sleep(0.005)
    return first or time.perf_counter() - begin, time.perf_counter() - begin


def import_torch():
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    rows = []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            rows.append((*until_first_step(options.tandem, f"{folder}/run"), import_torch()))
    for name, values in zip(("start to first step", "start to end", "import torch in Python"), zip(*rows)):
        print(f"{name:<26} median {statistics.median(values):.2f} s   {min(values):.2f} … {max(values):.2f}")


if __name__ == "__main__":
    main()
