"""The page in a real browser: page.py PROGRAM

Trains two tiny runs, compares them, and opens the joint page from disk in Debian's chromium: charts answer
to pointer, keys and legend, nothing is wider than the window, nothing is loaded, the console stays empty.
Exit status 77 (skipped) where there is no chromium.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TINY = """
[run]
threads = 1
[data]
source = "synthetic"
synthetic_count = 80
synthetic_size = 16
synthetic_classes = 4
[backbone]
use = "resnet10"
width = 8
stages = 1
stem = "cifar"
[objective]
use = "{objective}"
projector = [16, 16]
[optimizer]
use = "sgd"
lr = 0.02
[train]
epochs = 3
batch_size = 8
log_every = 1
[eval]
knn_every = 1
"""

# Runs after the page's own script, and leaves what it saw in the document.
PROBE = """
<script>
  const seen = {};
  const chart = document.querySelector('svg[data-chart="images_per_s"]');
  const at = (share) => {
    const box = chart.getBoundingClientRect();
    return { clientX: box.left + share * box.width, clientY: box.top + box.height / 2, bubbles: true };
  };
  const tip = document.getElementById("tip");
  chart.scrollIntoView();
  seen.before = tip.hidden;
  chart.dispatchEvent(new PointerEvent("pointermove", at(0.999)));
  seen.last = tip.innerText;
  const box = tip.getBoundingClientRect();
  seen.inside = box.left >= 0 && box.right <= innerWidth;
  seen.spots = chart.querySelectorAll(".spot").length;
  chart.dispatchEvent(new PointerEvent("pointermove", at(0)));
  seen.first = tip.innerText;
  chart.dispatchEvent(new PointerEvent("pointerleave"));
  seen.after = tip.hidden;
  chart.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
  chart.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
  seen.second = tip.innerText;
  const button = document.querySelector("button[data-runs]");
  button.click();
  seen.pressed = button.getAttribute("aria-pressed");
  seen.hidden = [...document.querySelectorAll("path.curve[data-run]")].filter((p) => getComputedStyle(p).display === "none").length;
  chart.dispatchEvent(new PointerEvent("pointermove", at(0.999)));
  seen.alone = tip.innerText;
  button.click();
  seen.shown = [...document.querySelectorAll("path.curve[data-run]")].every((p) => getComputedStyle(p).display !== "none");
  tip.hidden = true;
  seen.innerWidth = innerWidth;
  seen.scrollWidth = document.scrollingElement.scrollWidth;
  seen.loaded = performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => !name.startsWith("data:"));
  seen.images = [...document.images].map((image) => image.complete && image.naturalWidth > 0 && image.alt.length > 0);
  seen.titles = [...document.querySelectorAll("h2")].map((title) => title.textContent);
  seen.unnamed = [...document.querySelectorAll("svg:not([aria-hidden])")].filter((svg) => !svg.getAttribute("aria-label")).length;
  parent.postMessage(JSON.stringify(seen), "*");
</script>
"""

# Chromium's windows are at least 500 px wide; a frame is as wide as it is told.
FRAME = """<!doctype html><title>frame</title><pre id="seen"></pre>
<script>addEventListener("message", (event) => { document.getElementById("seen").textContent = event.data; });</script>
<iframe src="SOURCE" style="border: 0; width: WIDTHpx; height: 1000px"></iframe>
"""


def run(words, **options):
    result = subprocess.run(words, capture_output=True, text=True, timeout=180, **options)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))} exited with {result.returncode}\n{result.stdout}{result.stderr}")
    return result


def make_page(program, folder):
    runs = []
    for objective in ("simsiam", "barlow_twins"):
        (folder / f"{objective}.toml").write_text(TINY.format(objective=objective))
        run([program, "train", f"{objective}.toml", "--out", objective, "-q"], cwd=folder)
        runs.append(objective)
    # What the trainer's watchers write of a run's health.
    with open(folder / "simsiam/metrics.jsonl", "a") as lines:
        for epoch in (1, 2, 3):
            lines.write(json.dumps({"event": "health", "step": 9 * epoch, "epoch": epoch, "embedding_std": 0.2,
                                    "embedding_std_even": 0.25, "effective_rank": 10 + epoch}) + "\n")
        lines.write(json.dumps({"event": "matrix", "name": "cross_correlation", "step": 27, "epoch": 3, "rows": 2,
                                "columns": 2, "values": [1, -0.5, 0.25, 1]}) + "\n")
    run([program, "compare", *runs], cwd=folder)
    return folder / "compare.html"


def last_rates(folder):
    """The last throughput of each run."""
    rates = []
    for name in ("simsiam", "barlow_twins"):
        events = [json.loads(line) for line in (folder / name / "metrics.jsonl").read_text().splitlines()]
        rates.append([event["timing"]["images_per_s"] for event in events if event["event"] == "step"][-1])
    return rates


def look(chromium, page, folder, width):
    text = page.read_text()
    copy = folder / f"probe-{width}.html"
    copy.write_text(text.replace("</body>", PROBE + "</body>"))
    frame = folder / f"frame-{width}.html"
    frame.write_text(FRAME.replace("SOURCE", copy.as_uri()).replace("WIDTH", str(width)))
    profile = folder / f"profile-{width}"
    result = run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                  "--disable-background-networking", "--no-first-run", f"--user-data-dir={profile}",
                  "--hide-scrollbars", "--enable-logging=stderr", "--window-size=1700,1100",
                  "--virtual-time-budget=10000", "--dump-dom", frame.as_uri()])
    console = [line for line in result.stderr.splitlines() if ":CONSOLE" in line]
    found = re.search(r'<pre id="seen">(.+?)</pre>', result.stdout, re.DOTALL)
    if not found:
        sys.exit(f"the page's script did not end; console: {console}")
    seen = json.loads(found.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return seen, console


def problems_of(seen, console, rates, width):
    problems = []

    def check(holds, what):
        if not holds:
            problems.append(f"at {width} px: {what}")

    def tells(text, values):
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", text)]
        return all(any(abs(number - value) <= 1e-4 * abs(value) for number in numbers) for value in values)

    check(not console, f"the console says {console}")
    check(seen["innerWidth"] == width, f"the window is {seen['innerWidth']} px wide")
    check(seen["scrollWidth"] <= seen["innerWidth"], f"the page is {seen['scrollWidth']} px wide")
    check(not seen["loaded"], f"loaded {seen['loaded']}")
    check(seen["before"] and seen["after"], "the values do not go away")
    check(seen["last"].startswith("epoch 3") and tells(seen["last"], rates), f"{rates}: the last are {seen['last']!r}")
    check("simsiam" in seen["last"] and "barlow_twins" in seen["last"], f"names are missing: {seen['last']!r}")
    check(seen["inside"], "the values lie outside the window")
    check(seen["spots"] == 2, f"{seen['spots']} spots")
    check(seen["first"].startswith("epoch 0.11111"), f"the first are {seen['first']!r}")
    check(seen["second"].startswith("epoch 0.22222"), f"after two keys: {seen['second']!r}")
    check(seen["pressed"] == "false" and seen["hidden"] > 3, "the legend hides nothing")
    check("simsiam" not in seen["alone"] and tells(seen["alone"], rates[1:]), f"hidden runs are told: {seen['alone']!r}")
    check(seen["shown"], "the legend does not bring back")
    check(len(seen["images"]) > 50 and all(seen["images"]), f"pictures: {seen['images']}")
    check(seen["unnamed"] == 0, f"{seen['unnamed']} drawings without a text")
    for title in ("Results", "Curves", "What differs between the configurations", "Embeddings in two dimensions",
                  "Nearest neighbours", "Correlations", "Views that training saw", "The runs"):
        check(title in seen["titles"], f"no part '{title}'")
    return problems


def main():
    program = sys.argv[1]
    chromium = shutil.which("chromium")
    if chromium is None:
        print("skipped: there is no chromium (Debian's package of that name)")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        page = make_page(program, folder)
        rates = last_rates(folder)
        problems = []
        for width in (400, 1600):
            problems += problems_of(*look(chromium, page, folder, width), rates, width)
    print("\n".join(problems) or "the page works")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
