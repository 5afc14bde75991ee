"use strict";
// Texts at the pointer, the choice of an interval, sorting. Everything is readable without this script.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const tip = document.getElementById("tip");
  const NS = "http://www.w3.org/2000/svg";
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December"];

  const shown = (value, digits) => {
    const [whole, rest] = Math.abs(value).toFixed(digits).split(".");
    const groups = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
    return (value < 0 ? "−" : "") + groups + (rest ? "." + rest : "");
  };
  // An integer over a power of ten, halves away from zero, as text.rs does it.
  const decimal = (number, scale, digits) => {
    const unit = 10 ** (scale - digits);
    return shown(Math.sign(number) * Math.floor((Math.abs(number) + unit / 2) / unit) / 10 ** digits, digits);
  };
  const when = (seconds, offset) => {
    const date = new Date((seconds + offset) * 1000);
    const two = (number) => String(number).padStart(2, "0");
    const day = `${DAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
    return `${day}, ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  };
  const say = (text, x, y) => {
    tip.textContent = text;
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - width - 4)) + "px";
    tip.style.top = (y + 18 + height > innerHeight ? y - height - 10 : y + 18) + "px";
  };
  const hush = () => { tip.hidden = true; };

  // Marks say what their title says.
  for (const mark of document.querySelectorAll("svg [data-tip]")) {
    const title = mark.querySelector("title");
    mark.dataset.tip = title.textContent;
    title.remove();
  }
  document.addEventListener("pointermove", (event) => {
    const mark = event.target.closest?.("svg [data-tip]");
    if (mark) say(mark.dataset.tip, event.clientX, event.clientY);
    else if (!event.target.closest?.("svg[data-time]")) hush();
  });
  document.addEventListener("pointerdown", (event) => {
    const mark = event.target.closest?.("svg [data-tip]");
    if (mark) say(mark.dataset.tip, event.clientX, event.clientY);
  });
  addEventListener("scroll", hush, { passive: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hush(); });

  // A line follows the pointer, or the arrow keys, through a picture of time.
  for (const svg of document.querySelectorAll("svg[data-time]")) {
    const chart = data.times[svg.dataset.time];
    const [left, right, top, bottom] = svg.dataset.plot.split(" ").map(Number);
    const bins = chart.series[0].values.length;
    const cursor = document.createElementNS(NS, "line");
    cursor.setAttribute("class", "cursor");
    cursor.setAttribute("y1", top);
    cursor.setAttribute("y2", bottom);
    cursor.setAttribute("visibility", "hidden");
    svg.append(cursor);
    let at = -1;
    const point = (bin, y) => {
      at = Math.max(0, Math.min(bins - 1, bin));
      const x = left + (at + 0.5) / bins * (right - left);
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      cursor.setAttribute("visibility", "visible");
      const lines = chart.series.filter((series) => series.values[at] !== null).map((series) => {
        const low = series.low ? shown(series.low[at], series.digits) + " to " : "";
        return `${series.name}: ${low}${shown(series.values[at], series.digits)} ${series.unit}`;
      });
      const box = svg.getBoundingClientRect();
      const scale = box.width / svg.viewBox.baseVal.width;
      say([when(chart.start + at * chart.bin, chart.offset), ...lines].join("\n"), box.left + x * scale,
        y ?? box.top + top * scale);
    };
    const leave = () => { cursor.setAttribute("visibility", "hidden"); hush(); };
    const follow = (event) => {
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
      point(Math.floor((x - left) / (right - left) * bins), event.clientY);
    };
    svg.addEventListener("pointermove", follow);
    svg.addEventListener("pointerdown", follow);
    svg.addEventListener("pointerleave", leave);
    svg.addEventListener("blur", leave);
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -Math.ceil(bins / 20), PageDown: Math.ceil(bins / 20) };
      if (!(event.key in step)) return;
      event.preventDefault();
      point(at < 0 ? 0 : at + step[event.key]);
    });
  }

  // The crossing curves of a chosen interval: the same drawing as chart/steps.rs makes.
  const round = (low, high, count) => {
    const rough = (high - low) / Math.max(count, 1);
    let power = 1;
    while (power > rough) power /= 10;
    while (power * 10 <= rough) power *= 10;
    const ratio = rough / power;
    return power * (ratio <= 1.5 ? 1 : ratio <= 3.5 ? 2 : ratio <= 7.5 ? 5 : 10);
  };
  const ticks = (low, high, count) => {
    const step = round(low, high, count);
    const found = [1, 0.1, 0.01].findIndex((unit) => step > unit * 0.999);
    const digits = found < 0 ? 3 : found;
    const list = [];
    for (let n = Math.ceil(low / step - 1e-6); n * step <= high + step * 1e-6; n++) {
      list.push([n * step, shown(n * step, digits).replace(/^−(0(\.0+)?)$/, "$1")]);
    }
    return list;
  };
  const pairs = (flat) => flat.reduce((list, _, i) => (i % 2 ? list : [...list, [flat[i], flat[i + 1]]]), []);
  const total = (steps) => steps.reduce((sum, step) => sum + step[1], 0);
  const element = (parent, name, attributes, text) => {
    const node = document.createElementNS(NS, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  };
  const kwh = (wh) => {
    const size = Math.abs(wh);
    return decimal(wh, 3, wh === 0 || size >= 1e5 ? 0 : size < 1e4 ? 2 : 1) + "\u00a0kWh";
  };

  const draw = (svg, [, volume, price, bids, offers]) => {
    const [left, right, top, bottom] = svg.dataset.plot.split(" ").map(Number);
    const [demand, supply] = [pairs(bids), pairs(offers)];
    const [wanted, offered] = [total(demand), total(supply)];
    const short = Math.min(wanted, offered) > 0 ? Math.min(wanted, offered) : Math.max(wanted, offered);
    const reach = Math.max(Math.min(Math.max(short * 1.25, volume * 1.6), Math.max(wanted, offered) * 1.04), 1) / 1e3;
    const limits = [...demand, ...supply].map((step) => step[0] / 1e4).concat(price === null ? [] : [price / 1e4]);
    let [low, high] = [Math.min(0, ...limits), Math.max(0, ...limits)];
    if (high - low <= 1e-9) high = low + 1;
    const step = round(low, high, 5);
    low = Math.floor(low / step) * step;
    high = Math.ceil(high / step) * step;
    const x = (value) => left + value / reach * (right - left);
    const y = (value) => bottom + (value - low) / (high - low) * (top - bottom);

    const axes = svg.querySelector("[data-axes]");
    axes.replaceChildren();
    for (const [value, text] of ticks(low, high, 5)) {
      const at = y(value).toFixed(1);
      element(axes, "line", { class: value === 0 ? "grid zero" : "grid", x1: left, x2: right, y1: at, y2: at });
      element(axes, "text", { class: "tick end", x: left - 6, y: y(value) + 4 }, text);
    }
    element(axes, "text", { class: "tick start", x: 2, y: top - 9 }, data.curves.unit);
    for (const [value, text] of ticks(0, reach, svg.classList.contains("narrow") ? 4 : 8)) {
      element(axes, "text", { class: "tick middle", x: x(value), y: bottom + 18 }, text);
    }
    const curve = (steps, end) => {
      let [d, sum] = ["", 0];
      for (const [limit, energy] of steps) {
        const height = y(limit / 1e4).toFixed(1);
        d += sum === 0 ? `M${left.toFixed(1)} ${height}` : `V${height}`;
        sum += energy;
        d += `H${Math.min(x(sum / 1e3), right).toFixed(1)}`;
        if (x(sum / 1e3) >= right) return d;
      }
      return sum > 0 ? `${d}V${end.toFixed(1)}` : d;
    };
    const corners = (steps) => {
      const list = [];
      let sum = 0;
      for (const [limit, energy] of steps) {
        if (sum >= volume) break;
        const until = Math.min(sum + energy, volume);
        const height = y(limit / 1e4).toFixed(1);
        list.push(`${x(sum / 1e3).toFixed(1)} ${height}`, `${x(until / 1e3).toFixed(1)} ${height}`);
        sum = until;
      }
      return list;
    };
    const gain = [...corners(demand), ...corners(supply).reverse()].join("L");
    svg.querySelector("path.gain").setAttribute("d", gain && `M${gain}Z`);
    svg.querySelector("path.demand").setAttribute("d", curve(demand, bottom));
    svg.querySelector("path.demand").dataset.tip = `Wanted: ${kwh(wanted)} in all`;
    svg.querySelector("path.supply").setAttribute("d", curve(supply, top));
    svg.querySelector("path.supply").dataset.tip = `Offered: ${kwh(offered)} in all`;
    for (const old of svg.querySelectorAll(".clearing")) old.remove();
    const px = x(volume / 1e3).toFixed(1);
    if (price === null && volume > 0) {
      element(svg, "path", { class: "clearing", d: `M${px} ${top.toFixed(1)}V${bottom.toFixed(1)}` });
    }
    if (price !== null && volume > 0) {
      const py = y(price / 1e4).toFixed(1);
      element(svg, "path", { class: "clearing", d: `M${left.toFixed(1)} ${py}H${px}V${bottom.toFixed(1)}` });
      const dot = element(svg, "circle", { class: "clearing", cx: px, cy: py, r: "5.0" });
      dot.dataset.tip = `${kwh(volume)} at ${decimal(price, 4, 2)}\u00a0${data.curves.unit}`;
    }
  };
  const outcome = ([, volume, price, bids, offers]) => {
    if (volume > 0) {
      return `${kwh(volume)} traded${price === null ? "" : ` at ${decimal(price, 4, 2)}\u00a0${data.curves.unit}`}.`;
    }
    if (!offers.length) return "Nobody offered any: nothing was traded.";
    if (!bids.length) return "Nobody wanted any: nothing was traded.";
    return "No buyer's price reached a seller's: nothing was traded.";
  };
  for (const figure of document.querySelectorAll("[data-curves]")) {
    const list = data.curves[figure.dataset.curves];
    const slider = figure.querySelector("input");
    const show = () => {
      const curve = list[slider.value];
      for (const svg of figure.querySelectorAll("svg")) draw(svg, curve);
      const at = when(data.curves.start + curve[0] * data.curves.duration, data.curves.offset);
      figure.querySelector(".chosen b").textContent = at;
      figure.querySelector(".chosen span").textContent = outcome(curve);
      slider.setAttribute("aria-valuetext", at);
    };
    slider.addEventListener("input", show);
    for (const button of figure.querySelectorAll("button")) {
      button.addEventListener("click", () => {
        slider.value = Number(slider.value) + Number(button.dataset.move);
        show();
      });
    }
    figure.querySelector(".choose").hidden = false;
  }

  // A heading sorts its column, a second time the other way.
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending"
        || (!head.hasAttribute("aria-sort") && head.classList.contains("num"));
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      const compare = (a, b) => head.classList.contains("num")
        ? Number(key(a)) - Number(key(b))
        : key(a).localeCompare(key(b), "en", { numeric: true });
      body.append(...[...body.rows].sort((a, b) => (down ? compare(b, a) : compare(a, b))));
    }));
  }
})();
