"""How long the quickstart takes from its start to its first finished step, and to its end where it stops there: both from
outside the process, beside what Python takes to import the packages that a peer of it needs. Sides take turns.

    tests/bench/setup.sh
    tests/bench/.venv/bin/python tests/bench/start.py [--tandem build/bin/tandem] [--rounds 7]
"""
import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from turns import load, machine_lines, version

GOAL = 0.8  # seconds to the first step


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
    if run.returncode:
        raise SystemExit(f"tandem train ended with {run.returncode}")
    end = time.perf_counter() - begin
    return first or end, end


def imports(packages):
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {', '.join(packages)}"], check=True)
    return time.perf_counter() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    packages = [name for name in ("torch", "torchvision", "lightly") if version(name)]
    print(machine_lines(options.tandem), flush=True)
    imports(packages)  # once for a warm page cache
    rows = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
            rows.append((*until_first_step(options.tandem, f"{folder}/run"), imports(packages)))
    columns = list(zip(*rows))
    for name, values in zip(("start to first step", "start to end", f"import {', '.join(packages)}"), columns):
        print(f"{name:<36} median {statistics.median(values):.2f} s   {min(values):.2f} … {max(values):.2f}")
    first = statistics.median(columns[0])
    print(f"first step: goal at most {GOAL} s: {'met' if first <= GOAL else 'NOT met'} (load {load()})")


if __name__ == "__main__":
    main()
