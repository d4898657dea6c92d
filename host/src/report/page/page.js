"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const data = JSON.parse(document.getElementById("data").textContent);
  const hidden = new Set();
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "status");
  document.body.append(tip);

  const numbers = (text) => text.split(",").map(Number);
  const shown = (value) => {
    const size = Math.abs(value);
    return size !== 0 && (size >= 1e6 || size < 1e-4) ? value.toExponential(3) : String(+value.toPrecision(5));
  };

  function nearest(xs, x) {
    let low = 0, high = xs.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (xs[middle] < x) low = middle; else high = middle;
    }
    return x - xs[low] <= xs[high] - x ? low : high;
  }

  class Chart {
    constructor(svg, about) {
      this.svg = svg;
      this.about = about;
      this.series = about.series.map((s) => ({ run: s.run, x: numbers(s.x), y: numbers(s.y) }));
      this.hair = document.createElementNS(SVG, "line");
      this.hair.setAttribute("class", "hair");
      this.layer = document.createElementNS(SVG, "g");
      this.at = null;
      svg.addEventListener("pointermove", (event) => this.point(event));
      svg.addEventListener("pointerdown", (event) => this.point(event));
      svg.addEventListener("pointerleave", () => this.leave());
      svg.addEventListener("blur", () => this.leave());
      svg.addEventListener("keydown", (event) => this.key(event));
    }
    across(x) {
      const [left, , right] = this.about.plot, [low, high] = this.about.x;
      return left + (x - low) / (high - low) * (right - left);
    }
    up(y) {
      const [, top, , bottom] = this.about.plot, [low, high] = this.about.y;
      const share = this.about.log ? Math.log(y / low) / Math.log(high / low) : (y - low) / (high - low);
      return bottom - share * (bottom - top);
    }
    visible() { return this.series.filter((s) => !hidden.has(s.run)); }
    point(event) {
      const box = this.svg.getBoundingClientRect();
      const [left, , right] = this.about.plot, [low, high] = this.about.x;
      const x = (event.clientX - box.left) / box.width * this.svg.viewBox.baseVal.width;
      this.show(low + (Math.min(Math.max(x, left), right) - left) / (right - left) * (high - low));
    }
    key(event) {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const [first] = this.visible();
      if (event.key === "Escape") this.leave();
      if (!step || !first) return;
      event.preventDefault();
      const at = this.at === null ? (step > 0 ? -1 : first.x.length) : nearest(first.x, this.at);
      this.show(first.x[Math.min(Math.max(at + step, 0), first.x.length - 1)]);
    }
    show(x) {
      const found = this.visible().map((s) => ({ run: s.run, i: nearest(s.x, x), s }));
      if (!found.length) return this.leave();
      const closest = found.reduce((a, b) => Math.abs(a.s.x[a.i] - x) <= Math.abs(b.s.x[b.i] - x) ? a : b);
      this.at = closest.s.x[closest.i];
      this.draw(found);
      const lines = found.map(({ run, i, s }) => {
        const line = document.createElement("div");
        for (const text of [data.runs[run].name, shown(s.y[i])]) line.append(Object.assign(document.createElement("span"), { textContent: text }));
        return line;
      });
      const head = Object.assign(document.createElement("b"), { textContent: "epoch " + shown(this.at) });
      tip.replaceChildren(head, ...lines);
      this.place();
    }
    draw(found) {
      const [, top, , bottom] = this.about.plot, x = this.across(this.at);
      for (const [name, value] of Object.entries({ x1: x, x2: x, y1: top, y2: bottom })) this.hair.setAttribute(name, value);
      this.layer.replaceChildren(this.hair, ...found.map(({ run, i, s }) => {
        const spot = document.createElementNS(SVG, "circle");
        const style = { class: "spot c" + data.runs[run].color, r: 4, cx: this.across(s.x[i]), cy: this.up(s.y[i]) };
        for (const [name, value] of Object.entries(style)) spot.setAttribute(name, value);
        return spot;
      }));
      if (!this.layer.isConnected) this.svg.append(this.layer);
    }
    place() {
      tip.hidden = false;
      const box = this.svg.getBoundingClientRect(), page = document.documentElement;
      const x = box.left + this.across(this.at) / this.svg.viewBox.baseVal.width * box.width;
      const right = x + 14 + tip.offsetWidth > page.clientWidth;
      const left = right ? Math.max(4, x - 14 - tip.offsetWidth) : x + 14;
      tip.style.left = Math.min(left, Math.max(4, page.clientWidth - tip.offsetWidth - 4)) + scrollX + "px";
      tip.style.top = box.top + scrollY + 8 + "px";
    }
    leave() {
      this.at = null;
      this.layer.remove();
      tip.hidden = true;
    }
  }

  function toggle(button) {
    const runs = numbers(button.dataset.runs);
    const hide = button.getAttribute("aria-pressed") === "true";
    for (const run of runs) hide ? hidden.add(run) : hidden.delete(run);
    for (const other of document.querySelectorAll("button[data-runs]")) {
      other.setAttribute("aria-pressed", String(numbers(other.dataset.runs).some((run) => !hidden.has(run))));
    }
    for (const part of document.querySelectorAll("[data-run]")) part.classList.toggle("off", hidden.has(+part.dataset.run));
  }

  const about = new Map(data.charts.map((chart) => [chart.id, chart]));
  for (const svg of document.querySelectorAll("svg[data-chart]")) new Chart(svg, about.get(svg.dataset.chart));
  for (const button of document.querySelectorAll("button[data-runs]")) button.addEventListener("click", () => toggle(button));
})();
