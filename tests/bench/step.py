"""A training step of tandem beside loops in Python: the seed's and lightly's Barlow Twins, lightly's BYOL and SimSiam,
all with ResNet-18 (3 × 3 stem) on 32 px, in float32, and beside each the loop's defaults and its best settings. These
are looked for first, with a smaller batch, greedily: of {1, all} threads × {NCHW, channels_last} × {default, retained
heap}, with a fused optimizer, every one is tried, the fastest also compiled, and the best of these also in bfloat16,
where the processor has it. Where that is faster it is a side of its own, beside tandem with run.precision = "auto".
Sides take turns. "wide" is lightly's Barlow Twins at D 8192, where the loss weighs most; "memory" compares peaks at
N 256.

    tests/bench/setup.sh
    tests/bench/.venv/bin/python tests/bench/step.py [--tandem build/bin/tandem] [--only seed lightly] [--no-compile]

Ten minutes without torch.compile, on two cores, for the two that are measured by default; as long for byol, simsiam and
memory. The seed's loop needs torch alone: with .venv/bin/python, --only seed measures it on the LibTorch that tandem
has.
"""
import argparse
import itertools
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from turns import RETAINED_HEAP, Peer, has_bf16, load, machine_lines, met, ratio_row

HERE = Path(__file__).resolve().parent
SGD = {"optimizer.use": "sgd", "optimizer.lr": 0.06, "optimizer.lr_per": 0, "optimizer.momentum": 0.9,
       "optimizer.weight_decay": 5e-4, "optimizer.decay_bias_norm": True}
ADAM = {"optimizer.use": "adam", "optimizer.lr": 0.001}


def barlow_twins(width):
    return {"objective.use": "barlow_twins", "objective.projector": [width] * 3, **ADAM}


BYOL = {"objective.use": "byol", "objective.projector": [1024, 256], "objective.predictor_hidden": 1024,
        "objective.hidden_bias": False, "objective.last_bias": True, "objective.tau": 0.99,
        "objective.tau_schedule": "constant", "objective.scale": 0.25, **SGD}
SIMSIAM = {"objective.use": "simsiam", "objective.projector": [2048] * 3, "objective.predictor_hidden": 512,
           "objective.constant_predictor_lr": False, **SGD}
# What tandem is told, what the peer is asked for, and the least ratios to its defaults and its best settings.
SUBJECTS = {
    "seed": (barlow_twins(2048), {"learner": "seed"}, 1.3, 1.05),
    "lightly": (barlow_twins(2048), {"learner": "barlow_twins"}, 1.3, 1.05),
    "byol": (BYOL, {"learner": "byol", "optimizer": "sgd"}, None, 1.1),
    "simsiam": (SIMSIAM, {"learner": "simsiam", "optimizer": "sgd"}, None, 1.1),
    "wide": (barlow_twins(8192), {"learner": "barlow_twins", "width": 8192}, None, None),
}
PEAK_GOAL = 0.9


def tandem(options, settings, batch, steps):
    """Seconds of each step and what they were spent on, without the warm-up; threads; the process's peak memory."""
    settings = {"data.source": "synthetic", "data.synthetic_count": 2 * batch, "data.synthetic_size": 32,
                "backbone.stem": "cifar", "run.precision": "float32", "schedule.use": "constant",
                "train.batch_size": batch, "train.max_steps": options.warmup + steps, "train.log_every": 1,
                "eval.knn_every": "never", "eval.health_every": "never", **settings}
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={json.dumps(value)}")]
    words += [word for text in options.set for word in ("--set", text)]
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
        run = Path(folder) / "run"
        subprocess.run([options.tandem, "train", "--backbone", "resnet18", "--out", run, "-q", *words], check=True,
                       stdout=subprocess.DEVNULL)
        events = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        manifest = json.loads((run / "manifest.json").read_text())
    timing = [event["timing"] for event in events if event["event"] == "step"][options.warmup:]
    return {"seconds": [step["total"] for step in timing], "timing": timing, "threads": manifest["machine"]["threads"],
            "peak_bytes": manifest["peak_memory_bytes"]}


def text(settings, heap):
    words = [f"{settings['threads']} threads", "channels_last" if settings["channels_last"] else "NCHW",
             "retained heap" if heap else "default heap", "fused optimizer"]
    return ", ".join(words + [name for name in ("bf16", "compile") if settings.get(name)])


class Failed(Exception):
    """What torch.compile said."""


class Loop:
    """A loop in Python, as two processes: with the default heap, and with one that keeps its memory."""

    def __init__(self, peers, question, options):
        self.peers, self.question, self.options = peers, question, options

    def seconds(self, heap, batch, steps, **settings):
        answer = self.peers[heap].ask(steps=steps, warmup=self.options.warmup, batch=batch, **self.question, **settings)
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer

    def defaults(self):
        return self.seconds(False, self.options.batch, self.options.steps)

    def best(self, heap, settings):
        return self.seconds(heap, self.options.batch, self.options.steps, **settings)

    def look_for_best(self):
        """Heap and settings of the fastest in float32; then of the same in bfloat16, nothing where that is slower."""
        batch, tried = self.options.probe_batch, []
        print(f"  settings tried with N {batch} (pairs/s)")

        def probe(heap, settings):
            try:
                seconds = self.seconds(heap, batch, self.options.probe_steps, **settings)["seconds"]
                tried.append((batch / statistics.median(seconds), heap, settings))
                print(f"  {tried[-1][0]:>8.1f}  {text(settings, heap)}", flush=True)
            except Failed as failed:
                print(f"    failed  {text(settings, heap)}: {failed}", flush=True)

        def fastest():
            return max(tried, key=lambda one: one[0])[1:]

        for threads, channels_last, heap in itertools.product(processor_counts(), (False, True), (False, True)):
            probe(heap, {"threads": threads, "channels_last": channels_last, "fused": True})
        if self.options.compile:
            heap, settings = fastest()
            probe(heap, {**settings, "compile": True})
        best = fastest()
        if not has_bf16():
            print("  no bfloat16: this processor has no instructions for it")
            return best, None
        probe(best[0], {**best[1], "bf16": True})
        return best, fastest() if fastest() != best else None


def processor_counts():
    return sorted({1, len(os.sched_getaffinity(0))})


def per_round(results):
    return [statistics.median(result["seconds"]) for result in results]


def report(name, sides, goals, batch):
    print(f"  {'N ' + str(batch):<26} {'threads':>7} {'s/step':>8} {'pairs/s':>8}   (load {load()})")
    for side, results in sides.items():
        seconds = statistics.median(per_round(results))
        print(f"  {side:<26} {results[0]['threads']:>7} {seconds:>8.3f} {batch / seconds:>8.1f}")
    for (mine, side), goal in goals.items():
        ratios = [b / a for a, b in zip(per_round(sides[mine]), per_round(sides[side]))]
        ratio_row(f"  {name}: {mine} against {side}", ratios, goal)
    steps = [step for result in sides["tandem"] for step in result["timing"]]
    parts = {part: statistics.median(step[part] / step["total"] for step in steps)
             for part in ("forward", "backward", "optimizer", "data")}
    print("  tandem's step: " + ", ".join(f"{part} {100 * share:.1f} %" for part, share in parts.items())
          + f", the rest {100 * (1 - sum(parts.values())):.2f} %")


def compare(name, options):
    settings, question, default_goal, best_goal = SUBJECTS[name]
    print(f"\n{name}", flush=True)
    with Peer(HERE / "peer_step.py") as plain, Peer(HERE / "peer_step.py", environment=RETAINED_HEAP) as retained:
        loop = Loop((plain, retained), question, options)
        best, half = loop.look_for_best()
        turns = {"tandem": lambda: tandem(options, settings, options.batch, options.steps),
                 "defaults": loop.defaults, "best": lambda: loop.best(*best)}
        goals = {("tandem", "defaults"): default_goal, ("tandem", "best"): best_goal}
        if half:
            auto = {**settings, "run.precision": "auto"}
            turns |= {"tandem, auto": lambda: tandem(options, auto, options.batch, options.steps),
                      "best, bf16": lambda: loop.best(*half)}
            goals["tandem, auto", "best, bf16"] = best_goal
        sides = {side: [] for side in turns}
        for _ in range(options.rounds):
            for side, measure in turns.items():
                sides[side].append(measure())
    print(f"  best: {text(best[1], best[0])}" + (f"; in bfloat16: {text(half[1], half[0])}" if half else ""))
    report(name, sides, goals, options.batch)


def peak(options, learner, batch):
    if learner is None:
        return tandem(options, barlow_twins(2048), batch, 1)["peak_bytes"]
    with Peer(HERE / "peer_step.py") as peer:
        return peer.ask(learner=learner, steps=1, warmup=options.warmup, batch=batch)["peak_bytes"]


def compare_memory(options):
    """Of whole processes, and above the same with two pictures, which leaves out interpreter, libraries and weights."""
    print(f"\nmemory: Barlow Twins, N {options.memory_batch}, D 2048, defaults, "
          f"the peak until the end of step {options.warmup + 1} (MB)")
    print(f"  {'':<26} {'process':>8} {'above N 2':>10}")
    peaks = {}
    for name, learner in (("tandem", None), ("seed's loop", "seed"), ("lightly's", "barlow_twins")):
        whole = peak(options, learner, options.memory_batch)
        peaks[name] = (whole, whole - peak(options, learner, 2))
        print(f"  {name:<26} {peaks[name][0] / 1e6:>8.0f} {peaks[name][1] / 1e6:>10.0f}", flush=True)
    ours = peaks.pop("tandem")
    for name, theirs in peaks.items():
        for what, mine, other in zip(("process", "above N 2"), ours, theirs):
            print(f"  tandem's of {name}, {what}: {mine / other:.2f} x  goal at most {PEAK_GOAL} x: "
                  + met(mine <= PEAK_GOAL * other))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--only", nargs="+", choices=[*SUBJECTS, "memory"], default=["seed", "lightly"])
    parser.add_argument("--rounds", type=int, default=5, help="from 5 on, lower bounds are told")
    parser.add_argument("--steps", type=int, default=1, help="of each side in a round")
    parser.add_argument("--warmup", type=int, default=1, help="steps of each side in a round before those")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--probe-batch", type=int, default=32, help="for the settings that are tried")
    parser.add_argument("--probe-steps", type=int, default=2, help="with each of them")
    parser.add_argument("--memory-batch", type=int, default=256)
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True,
                        help="try torch.compile too, which takes minutes")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for tandem")
    return parser.parse_args()


def main():
    options = parse()
    print(machine_lines(options.tandem))
    print(f"float32, {options.rounds} rounds of {options.steps} steps after {options.warmup}", flush=True)
    for name in options.only:
        if name == "memory":
            compare_memory(options)
        else:
            compare(name, options)


if __name__ == "__main__":
    main()
