"""What the benchmarks beside Python peers share: sides that take turns, medians and lower bounds as `tandem bench` has
them, and what machine and versions the figures are of."""
import json
import math
import os
import platform
import statistics
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PACKAGES = ("torch", "torchvision", "lightly", "pillow")
# glibc gives large buffers back to the kernel at once and pays for their pages anew; with these it keeps them.
RETAINED_HEAP = {"MALLOC_MMAP_THRESHOLD_": "2000000000", "MALLOC_TRIM_THRESHOLD_": "2000000000"}
INSTRUCTIONS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16")


def median_at_least(values):
    """With 95 % confidence the median of what `values` were drawn from is at least this: the sign test's order
    statistic, as host/src/bench/statistics.cpp has it. NaN for fewer than five."""
    ordered, bound, total = sorted(values), math.nan, 0.0
    for k, value in enumerate(ordered):
        total += math.comb(len(ordered), k) / 2 ** len(ordered)
        if total > 0.05:
            break
        bound = value
    return bound


def ratio_row(name, ratios, goal):
    """A goal is met where its lower bound is; with too few rounds for one, where the median is. None: no goal."""
    middle, least = statistics.median(ratios), median_at_least(ratios)
    bound = "too few rounds" if math.isnan(least) else f"at least {least:.2f}"
    text = f"{name:<46} {middle:>8.2f} x  ({bound:<14})"
    print(text if goal is None else f"{text}  {verdict(middle if math.isnan(least) else least, goal)}", flush=True)


def verdict(ratio, goal):
    return f"goal {goal:g} x: {met(ratio >= goal)}"


def met(good):
    return "met" if good else "NOT met"


def cpuinfo(*names):
    """The first processor's entry of the first of these names that /proc/cpuinfo has."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.split("\t")[0].strip() in names:
            return line.partition(": ")[2]
    return ""


def processor():
    return cpuinfo("model name") or platform.machine()


def instructions():
    have = cpuinfo("flags", "Features").split()
    return " ".join(name for name in INSTRUCTIONS if name in have)


def has_bf16():
    """Without such instructions a step in bfloat16 takes minutes."""
    return any(name in instructions().split() for name in ("avx512_bf16", "amx_bf16"))


def status_bytes(key):
    """VmRSS, VmHWM … of this process."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return 1024 * int(status[key].split()[0])


def version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def library_version(program, name):
    """Of a shared library that a program loads, by its file: libx.so.1 is a link to libx.so.1.2.3."""
    for line in subprocess.run(["ldd", program], capture_output=True, text=True).stdout.splitlines():
        words = line.split()  # libx.so.1 => /lib/libx.so.1 (0x…)
        if words and words[0].startswith(f"{name}.so") and len(words) > 2:
            return Path(words[2]).resolve().name.partition(".so.")[2]
    return "unknown"


def load():
    return f"{os.getloadavg()[0]:.2f}"


def machine_lines(program):
    tandem = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split("\n")[0]
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES if version(name))
    return (f"{processor()} ({instructions()}), {len(os.sched_getaffinity(0))} processors, load {load()}\n"
            f"{tandem} · Python {platform.python_version()}, {versions}")


class Peer:
    """A Python program that is started once and answers each line of JSON with one; between questions it sleeps."""

    def __init__(self, script, *words, environment=None, core=None):
        pin = None if core is None else lambda: os.sched_setaffinity(0, {core})
        self._process = subprocess.Popen([sys.executable, str(script), *map(str, words)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, preexec_fn=pin,
                                         env={**os.environ, **(environment or {})})

    def ask(self, **question):
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"a peer ended with code {self._process.wait()}; its message is above")
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()


def reason(error):
    """An exception in a line."""
    return f"{type(error).__name__}: {(str(error).strip() or 'no message').splitlines()[0][:160]}"


def serve(answer):
    """The other end of Peer: `answer` gets each question's keys."""
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), flush=True)
