"""Files to trained step: the quickstart's network and views on Fashion-MNIST in tandem, and the same in Python
(torchvision, lightly), with the settings that a DataLoader and PyTorch have by themselves and with the best ones. These
are looked for first, greedily: of {Pillow, tensors} × {0, 1, 2} workers × {1, 2} threads × {NCHW, channels_last}, on a
heap that keeps its memory, with a fused AdamW, every one is tried; the fastest also without that heap and compiled; the
best of these also in bfloat16, where the processor has it. Sides take turns.

    tests/bench/setup.sh
    tests/bench/.venv/bin/python tests/bench/train.py [--tandem build/bin/tandem] [--rounds 7] [--no-compile]
"""
import argparse
import gzip
import itertools
import json
import shutil
import statistics
import subprocess
import tempfile
import tomllib
from pathlib import Path

from turns import RETAINED_HEAP, Peer, has_bf16, load, machine_lines, met, ratio_row

HERE = Path(__file__).resolve().parent
PRESET = HERE.parent.parent / "examples/presets/quickstart.toml"
WARM_UP = {"tandem": 10, "python": 4}  # steps


def fashion_mnist(data, temporary):
    """Where torchvision looks for its files, which it wants unpacked."""
    folder = temporary / "FashionMNIST/raw"
    folder.mkdir(parents=True)
    for path in data.glob("*.gz"):
        with gzip.open(path) as source, open(folder / path.stem, "wb") as target:
            shutil.copyfileobj(source, target)
    return temporary


def tandem(program, data, steps):
    warmup = WARM_UP["tandem"]
    settings = {"train.max_steps": warmup + steps, "train.log_every": 1, "eval.knn_every": "never"}
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={json.dumps(value)}")]
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
        run = Path(folder) / "run"
        subprocess.run([program, "train", PRESET, "--data", data, "--out", run, "-q", *words], check=True,
                       stdout=subprocess.DEVNULL)
        events = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        machine = json.loads((run / "manifest.json").read_text())["machine"]
    start = next(event for event in events if event["event"] == "start")
    timing = [event["timing"] for event in events if event["event"] == "step"][warmup:]
    seconds = sum(step["total"] for step in timing)
    waiting = sum(step["data"] for step in timing) / seconds
    return {"rate": start["batch_size"] * len(timing) / seconds, "waiting": waiting, "batch": start["batch_size"],
            "parameters": start["parameters"], "threads": machine["threads"]}


class Failed(Exception):
    """What torch.compile said."""


def rate(peer, steps, **settings):
    """A mean over all steps: with workers, waiting for data comes in bursts, which a median would not see."""
    answer = peer.ask(steps=steps, warmup=WARM_UP["python"], **settings)
    if "failed" in answer:
        raise Failed(answer["failed"])
    return {"rate": answer["batch"] * steps / sum(answer["seconds"]), **answer}


def text(settings):
    words = [settings["views"], f"{settings['workers']} workers", f"{settings['threads']} threads",
             "channels_last" if settings["channels_last"] else "NCHW", "fused AdamW"]
    words += [name for name in ("bf16", "compile") if settings.get(name)]
    return ", ".join(words)


def best_settings(heap, plain, options):
    """The fastest in float32, with the peer that it was fastest in; beside it the same in bfloat16, nothing where that
    is slower."""
    grid = itertools.product(("pillow", "tensors"), (0, 1, 2), (1, 2), (False, True))
    tried = []
    print(f"settings tried, {options.probe_steps} steps each on a heap that keeps its memory (images/s)")

    def probe(peer, **settings):
        name = f"{text(settings)}{', default heap' if peer is plain else ''}"
        try:
            tried.append((rate(peer, options.probe_steps, fused=True, **settings)["rate"], peer, settings))
            print(f"  {tried[-1][0]:>7.0f}  {name}", flush=True)
        except Failed as failed:
            print(f"   failed  {name}: {failed}", flush=True)

    for views, workers, threads, channels_last in grid:
        probe(heap, views=views, workers=workers, threads=threads, channels_last=channels_last)
    fastest = max(tried, key=lambda one: one[0])[2]
    probe(plain, **fastest)
    if options.compile:
        probe(heap, **fastest, compile=True)
    best = max(tried, key=lambda one: one[0])
    if not has_bf16():
        print("  no bfloat16: this processor has no instructions for it")
        return best, None
    probe(best[1], **best[2], bf16=True)
    half = max(tried, key=lambda one: one[0])
    return best, half if half is not best else None


def take_turns(options, data, plain, best, half):
    sides = {"tandem": lambda: tandem(options.tandem, data, options.steps),
             "python, defaults": lambda: rate(plain, options.peer_steps),
             "python, best": lambda: rate(best[1], options.peer_steps, fused=True, **best[2])}
    if half:
        sides["python, best, bf16"] = lambda: rate(half[1], options.peer_steps, fused=True, **half[2])
    results = {name: [] for name in sides}
    for _ in range(options.rounds):
        for name, measure in sides.items():
            results[name].append(measure())
    return results


def report(results, best, plain):
    ours = results["tandem"]
    numbers = {result["parameters"] for side in results.values() for result in side}
    if len(numbers) != 1:
        raise SystemExit(f"the networks differ: {numbers} parameters")
    print(f"\n{numbers.pop()} parameters, batch {ours[0]['batch']} (images/s, two views of each; load {load()})")
    for name, side in results.items():
        rates = [result["rate"] for result in side]
        print(f"  {name:<20} {statistics.median(rates):>7.0f}   {min(rates):.0f} … {max(rates):.0f}   "
              f"threads {side[0]['threads']}")
    waiting = statistics.median(result["waiting"] for result in ours)
    print(f"  tandem waits for data {100 * waiting:.2f} % of its steps' time  goal at most 2 %: {met(waiting <= 0.02)}")
    print(f"  python's best: {text(best[2])}, {'default' if best[1] is plain else 'retained'} heap")
    goals = {"python, defaults": 3, "python, best": 2, "python, best, bf16": 2}
    for name, side in results.items():
        if name != "tandem":
            ratios = [a["rate"] / b["rate"] for a, b in zip(ours, side)]
            ratio_row(f"tandem against {name}", ratios, goals[name])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--data", type=Path, help="Fashion-MNIST, .gz; by default where the preset has it")
    parser.add_argument("--rounds", type=int, default=7, help="from 5 on, lower bounds are told")
    parser.add_argument("--steps", type=int, default=50, help="of tandem in a round")
    parser.add_argument("--peer-steps", type=int, default=20, help="of Python in a round")
    parser.add_argument("--probe-steps", type=int, default=8, help="with each of the settings that are tried")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True,
                        help="try torch.compile too, which takes minutes")
    options = parser.parse_args()
    data = options.data or Path(tomllib.loads(PRESET.read_text())["data"]["path"])
    print(machine_lines(options.tandem), flush=True)
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
        words = HERE / "peer_train.py", PRESET, fashion_mnist(data, Path(folder))
        with Peer(*words, environment=RETAINED_HEAP) as heap, Peer(*words) as plain:
            best, half = best_settings(heap, plain, options)
            report(take_turns(options, data, plain, best, half), best, plain)


if __name__ == "__main__":
    main()
