"""The data path of tandem beside torchvision, from JPEG files to normalised floats on one core: two views of the
official Barlow Twins recipe from CIFAR's pictures and from photographs, then single operations, then what
`tandem bench data` measures by itself: JPEG decoding beside OpenCV, two threads beside two processes, the memory of a
loader. The sides take turns; a ratio's lower bound holds with 95 % confidence.

    tests/bench/setup.sh
    tests/bench/.venv/bin/python tests/bench/data.py --data FOLDER [--tandem build/bin/tandem] [--rounds 7]

FOLDER (TANDEM_DATA by default) holds cifar10-jpg.tar.gz and photos224.tar.gz, or folders of these names without ending.
"""
import argparse
import json
import math
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from turns import Peer, library_version, load, machine_lines, met, ratio_row, verdict

HERE = Path(__file__).resolve().parent
RECIPE = HERE.parent.parent / "examples/presets/barlow_twins-official.toml"
# What tandem is measured with, by goal: of a whole view's operations the cheap ones need only not be slower.
OPERATIONS = {"random_resized_crop": 3, "color_jitter": 3, "gaussian_blur": 3, "float store, normalised": 3,
              "horizontal_flip": 1, "grayscale": 1, "solarize": 1}
DECODING_GOAL, SCALING_GOAL = 2, 0.95  # times OpenCV, and times two processes
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
SIDES = {"pillow": "torchvision on Pillow", "tensors": "torchvision v2 on tensors"}


def unpacked(data, name, temporary):
    """The training pictures of one of the archives."""
    if (data / name / "train").is_dir():
        return data / name / "train"
    folder = temporary / name
    folder.mkdir()
    subprocess.run(["tar", "xzf", data / f"{name}.tar.gz", "-C", folder, "train"], check=True)
    return folder / "train"


def recipe(size, temporary):
    """The preset, with other sizes in its crops."""
    text = RECIPE.read_text()
    if text.count("size = 224") != 2:
        raise SystemExit(f"{RECIPE} has no longer two crops of 224 px")
    path = temporary / f"official-{size}.toml"
    path.write_text(text.replace("size = 224", f"size = {size}"))
    return path


def bench_data(program, config, folder, rounds, seconds, core=None):
    """No decoded pictures are kept in memory: each is read and decoded anew, as in Python."""
    words = [program, "bench", "data", str(config), "--data", str(folder), "--json", "--rounds", str(rounds),
             "--seconds", str(seconds), "--steps", "0", "--set", "data.cache_mb=0", "--set", "train.batch_size=64"]
    pin = None if core is None else lambda: os.sched_setaffinity(0, {core})
    output = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, preexec_fn=pin,
                            env={**os.environ, **(ONE_THREAD if pin else {})}).stdout
    return json.loads(output)


def take_turns(options, config, folder, size, operations):
    """A round: tandem, then Python in both ways, on the same core."""
    ours, peers = [], {side: [] for side in SIDES}
    with Peer(HERE / "peer_data.py", folder, size, environment=ONE_THREAD, core=options.core) as peer:
        for side in SIDES:  # warms it up
            peer.ask(side=side, seconds=0.05)
        for _ in range(options.rounds):
            ours.append(bench_data(options.tandem, config, folder, 1, options.seconds, options.core))
            for side in SIDES:
                peers[side].append(peer.ask(side=side, seconds=options.seconds, operations=operations))
    return ours, peers


def views_rows(name, goal, ours, peers):
    """The peer is, in each round, the faster of both."""
    rates = [bench["pictures_a_second"]["one_thread"]["median"] for bench in ours]
    theirs = {side: [answer["rate"] for answer in answers] for side, answers in peers.items()}
    print(f"\n{name}, two views, one core (load {load()})")
    print(f"  {'':<26} {'threads':>7} {'samples/s':>10}")
    print(f"  {'tandem':<26} {1:>7} {statistics.median(rates):>10.0f}")
    for side, values in theirs.items():
        print(f"  {SIDES[side]:<26} {peers[side][0]['threads']:>7} {statistics.median(values):>10.0f}")
    faster = [max(values) for values in zip(*theirs.values())]
    ratio_row("  against the faster one", [a / b for a, b in zip(rates, faster)], goal)


def operations_rows(ours, peers):
    micro = [{cost["name"]: cost["micro"]["median"] for cost in bench["operations"]} for bench in ours]
    print("\nsingle operations, one core, one thread each (us a picture)")
    print(f"  {'':<24} {'tandem':>8} {'Pillow':>8} {'tensors':>8}")
    for name in OPERATIONS:
        columns = [[costs[name] for costs in micro]]
        columns += [[answer["micro"][name] for answer in peers[side]] for side in SIDES]
        print(f"  {name:<24} " + " ".join(f"{statistics.median(column):>8.1f}" for column in columns))
    for name, goal in OPERATIONS.items():
        for side, label in (("pillow", "Pillow"), ("tensors", "tensors")):
            ratios = [answer["micro"][name] / costs[name] for answer, costs in zip(peers[side], micro)]
            # Goals are set beside Pillow, whose pixels tandem makes; tensors are told.
            ratio_row(f"  {name}, {label}", ratios, goal if side == "pillow" else 1)


def judged(ratio, goal):
    """One of tandem's own ratios: its goal is met where its lower bound is, as in ratio_row."""
    middle, least = ratio["median"], float(ratio["at_least"])  # the word "nan" where there are too few rounds
    bound = "too few rounds" if math.isnan(least) else f"at least {least:.2f}"
    return f"{middle:.2f} x ({bound})  {verdict(middle if math.isnan(least) else least, goal)}"


def own_rows(name, bench, opencv, memory_has_goal):
    print(f"\n{name}, by tandem alone (both processors, load {load()})")
    decoding, memory = bench["jpeg_decoding"], bench["loader_memory"]
    print(f"  JPEG decoding, one thread, {decoding['bytes']:.0f} bytes a file: {decoding['micro']['median']:.1f} us, "
          f"OpenCV {opencv} {decoding['opencv_micro']['median']:.1f} us: {judged(decoding['ratio'], DECODING_GOAL)}")
    print(f"  one process of two threads against two of one: {judged(bench['scaling']['ratio'], SCALING_GOAL)}")
    rates = bench["pictures_a_second"]
    print(f"  samples/s with one thread {rates['one_thread']['median']:.0f}, two {rates['two_threads']['median']:.0f}")
    grown, bound = memory["growth_bytes"], memory["bound_bytes"]
    print(f"  loader of {memory['slots']} slots of {memory['batch']}, {memory['threads']} threads: "
          f"{grown / 1e6:.0f} MB for {memory['slot_bytes'] / 1e6:.0f} MB"
          + (f"  goal at most {bound / 1e6:.0f} MB: {met(grown <= bound)}" if memory_has_goal else ""))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=os.environ.get("TANDEM_DATA"))
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--rounds", type=int, default=7, help="from 5 on, lower bounds are told")
    parser.add_argument("--seconds", type=float, default=0.5, help="of one side in one round")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data or TANDEM_DATA must name the folder with pictures")
    opencv = library_version(options.tandem, "libopencv_imgcodecs")
    print(f"{machine_lines(options.tandem)}, OpenCV {opencv}")
    print(f"{options.rounds} rounds of {options.seconds} s a side, one thread each on core {options.core}", flush=True)
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
        temporary = Path(folder)
        sets = [("CIFAR's JPEGs, 32 px", "cifar10-jpg", 32, 20), ("photographs, 224 px", "photos224", 224, 10)]
        for title, archive, size, goal in sets:
            pictures, config = unpacked(options.data, archive, temporary), recipe(size, temporary)
            ours, peers = take_turns(options, config, pictures, size, list(OPERATIONS) if size == 224 else [])
            views_rows(title, goal, ours, peers)
            if size == 224:
                operations_rows(ours, peers)
            own_rows(title, bench_data(options.tandem, config, pictures, options.rounds, options.seconds), opencv,
                     size == 224)


if __name__ == "__main__":
    main()
