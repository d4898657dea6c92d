"""The Barlow Twins loss, forward and backward, by `tandem bench loss`, beside lightly's module and the formula of the paper
in PyTorch: each with its defaults, and with its best settings (all processors, a heap that keeps its memory), also
compiled if asked for. Sides are processes of their own and take turns; memory is what the first pass adds to the embeddings. About five minutes on two cores.

    tests/bench/setup.sh
    tests/bench/.venv/bin/python tests/bench/loss.py [--tandem build/bin/tandem] [--sizes 256x8192 …] [--rounds 8]
"""
import argparse
import contextlib
import json
import os
import statistics
import subprocess
from pathlib import Path

from turns import RETAINED_HEAP, Peer, load, machine_lines, ratio_row, verdict

HERE = Path(__file__).resolve().parent
# Batch × width: how many times as fast as Python, and what share of its memory at most.
GOALS = {(256, 8192): (50, 1 / 10), (256, 2048): (6.5, None), (2048, 2048): (1, None)}
SIDES = {"lightly's": "lightly", "official": "official"}


def size(text):
    return tuple(int(number) for number in text.split("x"))


def tandem(options, batch, width):
    words = [options.tandem, "bench", "loss", "--objective", "barlow_twins", "--batch", str(batch), "--dim", str(width),
             "--json", "--rounds", "1", "--seconds", str(options.seconds), *options.words]
    result = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout)
    if (result["batch"], result["dim"]) != (batch, width):
        raise SystemExit(f"asked for {batch} x {width}, tandem bench loss measured {result['batch']} x {result['dim']}")
    return {"median": result["seconds_median"], "peak_bytes": result["peak_bytes"], "threads": result["threads"]}


def python(peer, options, **settings):
    answer = peer.ask(seconds=options.seconds, **settings)
    return {"median": statistics.median(answer["seconds"]), **answer}


def take_turns(options, batch, width):
    processors = len(os.sched_getaffinity(0))
    with contextlib.ExitStack() as stack:
        sides = {"tandem": lambda: tandem(options, batch, width)}
        for name, side in SIDES.items():
            plain, retained = (stack.enter_context(Peer(HERE / "peer_loss.py", side, batch, width, environment=environment))
                               for environment in ({}, RETAINED_HEAP))
            sides[f"{name}, defaults"] = lambda peer=plain: python(peer, options)
            sides[f"{name}, best"] = lambda peer=retained: python(peer, options, threads=processors)
            if options.compile:
                sides[f"{name}, compiled"] = lambda peer=retained: python(peer, options, threads=processors, compile=True)
        results = {name: [] for name in sides}
        for _ in range(options.rounds):
            for name, measure in sides.items():
                results[name].append(measure())
    return results


def report(results, batch, width):
    goal, share = GOALS.get((batch, width), (None, None))
    print(f"\nN {batch}, D {width:<16} {'threads':>7} {'ms':>9} {'peak MB':>9}   (load {load()})")
    for name, rounds in results.items():
        middle, peak = statistics.median(one["median"] for one in rounds), rounds[0]["peak_bytes"]
        print(f"  {name:<24} {rounds[0]['threads']:>6} {1e3 * middle:>9.2f}" + (f" {peak / 1e6:>9.1f}" if peak else ""))
    ours = results.pop("tandem")
    for name, rounds in results.items():
        ratio_row(f"  tandem against {name}", [b["median"] / a["median"] for a, b in zip(ours, rounds)], goal)
    for name, rounds in results.items():
        if rounds[0]["peak_bytes"]:
            times = statistics.median(b["peak_bytes"] / a["peak_bytes"] for a, b in zip(ours, rounds))
            print(f"  {'memory of ' + name:<44} {times:>8.1f} x" + (f"  {verdict(times, 1 / share)}" if share else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--sizes", nargs="+", type=size, default=list(GOALS), help="as NxD")
    parser.add_argument("--rounds", type=int, default=8, help="from 5 on, lower bounds are told")
    parser.add_argument("--seconds", type=float, default=0.5, help="of a side in a round; of Python two passes at least")
    parser.add_argument("--compile", action="store_true", help="with torch.compile too, which takes minutes")
    parser.add_argument("--words", nargs=argparse.REMAINDER, default=[], help="more words for tandem bench loss")
    options = parser.parse_args()
    print(machine_lines(options.tandem))
    print(f"float32, {options.rounds} rounds", flush=True)
    for batch, width in options.sizes:
        report(take_turns(options, batch, width), batch, width)


if __name__ == "__main__":
    main()
