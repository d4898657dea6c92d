"""kNN of 10,000 queries on a bank of 50,000 rows at width 512 (k 20, T 0.1): `tandem bench knn`, which also times the bare
matrix product, beside the usual implementations in PyTorch (256 queries at a time: product, topk, a vote a class, as
lightly and solo-learn do) and NumPy (product, argpartition). Random features; processes of their own that take turns.

    .venv/bin/python tests/bench/knn.py [--tandem build/bin/tandem] [--rounds 5]
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BANK, QUERIES, WIDTH, CLASSES, K, TEMPERATURE, BLOCK = 50000, 10000, 512, 10, 20, 0.1, 256


def with_torch(threads):
    import torch
    torch.set_num_threads(threads)
    bank, queries = torch.randn(BANK, WIDTH), torch.randn(QUERIES, WIDTH)
    labels, truth = torch.arange(BANK) % CLASSES, torch.arange(QUERIES) % CLASSES

    def accuracy():
        known = torch.nn.functional.normalize(bank).t().contiguous()
        right = 0
        for first in range(0, QUERIES, BLOCK):
            asked = torch.nn.functional.normalize(queries[first:first + BLOCK])
            similarity, rows = (asked @ known).topk(K)
            votes = torch.zeros(len(asked), CLASSES).scatter_add_(1, labels[rows], (similarity / TEMPERATURE).exp())
            right += (votes.argmax(1) == truth[first:first + BLOCK]).sum().item()
        return right / QUERIES
    return accuracy, torch.__version__


def with_numpy(threads):
    import numpy as np
    random = np.random.default_rng(0)
    bank, queries = (random.standard_normal((n, WIDTH), dtype=np.float32) for n in (BANK, QUERIES))
    labels, truth = np.arange(BANK) % CLASSES, np.arange(QUERIES) % CLASSES

    def accuracy():
        known = (bank / np.linalg.norm(bank, axis=1, keepdims=True)).T
        right = 0
        for first in range(0, QUERIES, BLOCK):
            asked = queries[first:first + BLOCK]
            similarity = (asked / np.linalg.norm(asked, axis=1, keepdims=True)) @ known
            rows = np.argpartition(similarity, -K, axis=1)[:, -K:]
            weight = np.exp(np.take_along_axis(similarity, rows, 1) / TEMPERATURE)
            votes = np.stack([(weight * (labels[rows] == c)).sum(1) for c in range(CLASSES)], 1)
            right += (votes.argmax(1) == truth[first:first + BLOCK]).sum()
        return right / QUERIES
    return accuracy, np.__version__


def peer(name, threads):
    accuracy, version = {"torch": with_torch, "numpy": with_numpy}[name](threads)
    accuracy()
    begin = time.perf_counter()
    accuracy()
    print(json.dumps({"seconds": time.perf_counter() - begin, "version": version}))


def run(words, threads):
    """What a process prints as JSON, and its peak of resident memory in MB."""
    # BLAS of NumPy reads its threads from the environment, and so does OpenMP.
    environment = {**os.environ, **{name: str(threads) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")}}
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(words, stdout=out, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{words} failed with {process.returncode}")
        out.seek(0)
        return json.load(out), usage.ru_maxrss / 1e3


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    if options.peer:
        return peer(options.peer, options.threads)
    sides = {"tandem": [], "torch": [], "numpy": []}
    for _ in range(options.rounds):
        sides["tandem"].append(run([options.tandem, "bench", "knn", "--json", "--rounds", "1", "--threads", str(options.threads),
                                    "--bank", str(BANK), "--queries", str(QUERIES), "--width", str(WIDTH)], options.threads))
        for name in ("torch", "numpy"):
            sides[name].append(run([sys.executable, str(Path(__file__)), "--peer", name, "--threads", str(options.threads)],
                                   options.threads))
    ours = [answer["knn_seconds"]["median"] for answer, _ in sides["tandem"]]
    product = [answer["product_seconds"]["median"] for answer, _ in sides["tandem"]]
    print(f"{sides['tandem'][0][0]['processor']}, {options.threads} threads, load {os.getloadavg()[0]:.2f}, medians of "
          f"{options.rounds} rounds; torch {sides['torch'][0][0]['version']}, NumPy {sides['numpy'][0][0]['version']}")
    print(f"{'':<28} {'seconds':>8} {'peak MB':>8} {'ratio':>8}")
    rows = [("the bare product", product, None), ("tandem", ours, sides["tandem"])]
    rows += [(name, [answer["seconds"] for answer, _ in sides[name]], sides[name]) for name in ("torch", "numpy")]
    for name, seconds, runs in rows:
        memory = f"{statistics.median(peak for _, peak in runs):>8.0f}" if runs else f"{'':>8}"
        ratio = statistics.median(s / p for s, p in zip(seconds, product))
        print(f"{name:<28} {statistics.median(seconds):>8.2f} {memory} {ratio:>8.2f}")


if __name__ == "__main__":
    main()
