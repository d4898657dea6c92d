"""Size and load time of the page that compares 3 runs of 200 epochs: trains them (synthetic pictures, a minute), and opens the
page from disk in Debian's chromium, several times anew.

    .venv/bin/python tests/bench/page.py [--tandem build/bin/tandem] [--epochs 200] [--rounds 5]
"""
import argparse
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile

CONFIG = """
[run]
threads = 1
[data]
source = "synthetic"
synthetic_count = 80
synthetic_size = 32
[backbone]
use = "resnet10"
width = 8
stages = 1
stem = "cifar"
[objective]
use = "{objective}"
projector = [16, 16]
[train]
epochs = {epochs}
batch_size = 8
log_every = 1
[eval]
knn_every = 1
"""

# Milliseconds from the begin of navigation, once the load event has ended.
PROBE = """<pre id="timing"></pre><script>
addEventListener("load", () => setTimeout(() => {
  const t = performance.getEntriesByType("navigation")[0];
  document.getElementById("timing").textContent = [t.domInteractive, t.loadEventEnd].join(" ");
}, 0));
</script>"""


def load(chromium, page, folder, number):
    output = subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                             "--disable-background-networking", f"--user-data-dir={folder / f'profile-{number}'}",
                             "--window-size=1600,1000", "--timeout=20000", "--dump-dom", page.as_uri()],
                            check=True, capture_output=True, text=True).stdout
    return [float(value) for value in re.search(r'<pre id="timing">([\d. ]+)</pre>', output).group(1).split()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tandem", default="build/bin/tandem")
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("there is no chromium (Debian's package of that name)")
    program = str(pathlib.Path(options.tandem).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for objective in ("barlow_twins", "byol", "simsiam"):
            (folder / f"{objective}.toml").write_text(CONFIG.format(objective=objective, epochs=options.epochs))
            subprocess.run([program, "train", f"{objective}.toml", "--out", objective, "-q"], check=True, cwd=folder,
                           stdout=subprocess.DEVNULL)
        subprocess.run([program, "compare", "barlow_twins", "byol", "simsiam"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        page = folder / "compare.html"
        size = page.stat().st_size
        page.write_text(page.read_text().replace("</body>", PROBE + "</body>"))
        times = [load(chromium, page, folder, number) for number in range(options.rounds)]
    version = subprocess.run([chromium, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{version}; 3 runs of {options.epochs} epochs: {size / 1e6:.2f} MB")
    for what, values in zip(("to be read", "to its load event's end"), zip(*times)):
        print(f"{what:<24} median {statistics.median(values):.0f} ms   {min(values):.0f} … {max(values):.0f}")


if __name__ == "__main__":
    main()
