"use strict";
{
  const SECONDS_A_STEP = 1.6;
  const { names, made, frames } = JSON.parse(document.getElementById("frames").textContent);
  const byId = (id) => document.getElementById(id);
  const graphs = [byId("wide"), byId("tall")];
  const pane = byId("pane"), slider = byId("slider"), play = byId("play");
  const reduced = matchMedia("(prefers-reduced-motion: reduce)");
  let at = 0, timer = null;

  // The elements of each box and each edge: in both pictures and in the table.
  const grouped = (key, roots) => {
    const found = new Map();
    for (const root of roots) {
      for (const element of root.querySelectorAll(`[data-${key}]`)) {
        const i = Number(element.dataset[key]);
        found.set(i, [...(found.get(i) ?? []), element]);
      }
    }
    return found;
  };
  const boxes = grouped("box", [...graphs, byId("numbers")]);
  const edges = grouped("edge", graphs);

  // What is known of every box after each step: a step's numbers stay until another step changes them.
  const known = [];
  for (const frame of frames) known.push({ ...known.at(-1), ...frame.changed });

  function write(element, i, { data, grad }, changed) {
    for (const [what, [short, exact]] of [["data", data], ["grad", grad]]) {
      const text = element.querySelector(`.${what}`);
      text.textContent = short;
      text.classList.toggle("changed", changed && changed[what][0] !== short);
      if (element.tagName === "TR") text.title = exact;
    }
    const title = element.querySelector("title");
    if (title) {
      const lines = [names[i], `data ${data[1]}`, `grad ${grad[1]}`];
      title.textContent = [...lines, ...(made[i] ? [`made by ${made[i]}`] : [])].join("\n");
    }
  }

  function arrows(edge, phase, lit) {
    const graph = edge.closest("svg").id;
    const backward = lit && phase === "backward"; // a gradient runs against the arrow
    edge.removeAttribute(backward ? "marker-end" : "marker-start");
    edge.setAttribute(backward ? "marker-start" : "marker-end", `url(#${graph}-${lit ? phase : "plain"})`);
    if (lit) edge.parentNode.insertBefore(edge, edge.parentNode.querySelector(".box")); // above the other edges
  }

  function say(frame) {
    // A line breaks before an equals sign; in a list, after a comma.
    const parts = frame.sentence.split(frame.now === null ? /(?<=, )/ : /(?<= )(?=\+?= )/);
    byId("sentence").replaceChildren(...parts.map((part, k) => {
      const span = document.createElement("span");
      span.textContent = part;
      if (k && k === parts.length - 1 && frame.now !== null) span.className = "outcome";
      return span;
    }));
    byId("rule").textContent = frame.rule;
    const pass = frame.phase === "forward" ? "Forward pass" : "Backward pass";
    byId("phase").textContent = `${pass} · step ${at + 1} of ${frames.length}`;
    byId("caption").textContent = `Every value, after step ${at + 1}`;
    slider.value = at;
    slider.setAttribute("aria-valuetext", `Step ${at + 1} of ${frames.length}: ${frame.sentence}`);
  }

  function show(i) {
    const forwards = i === at + 1;
    at = Math.max(0, Math.min(frames.length - 1, i));
    const frame = frames[at];
    document.documentElement.className = `playing ${frame.phase}`;
    for (const graph of graphs) {
      graph.setAttribute("class", `graph ${graph.id} ${frame.phase}`);
      graph.setAttribute("aria-label", `Graph of ${Object.keys(names).length} values. ${frame.sentence}`);
    }
    for (const [k, elements] of boxes) {
      for (const element of elements) {
        element.classList.toggle("lit", frame.lit.includes(k));
        element.classList.toggle("now", frame.now === k);
        if (!(k in names)) continue; // a constant
        element.classList.toggle("unknown", known[at][k].data[0] === "–");
        write(element, k, known[at][k], frame.now !== null && k in frame.changed ? known[at - 1][k] : null);
      }
    }
    for (const [k, lines] of edges) {
      const lit = frame.edges.includes(k);
      for (const line of lines) {
        line.classList.toggle("lit", lit);
        arrows(line, frame.phase, lit);
      }
    }
    byId("previous").setAttribute("aria-disabled", at === 0);
    byId("next").setAttribute("aria-disabled", at === frames.length - 1);
    say(frame);
    follow(forwards);
  }

  // Keep what is lit in sight, in the picture and in the table, without moving the page itself.
  function follow(smoothly) {
    const behavior = smoothly && !reduced.matches ? "smooth" : "auto";
    for (const view of [pane, byId("numbers")]) {
      const seen = view.getBoundingClientRect();
      const placed = (selector) => [...view.querySelectorAll(selector)].map((e) => e.getBoundingClientRect()).filter((r) => r.width);
      const places = placed(".box.now, .box.lit, tr.now, tr.lit");
      if (!places.length) {
        if (at === 0) view.scrollTo({ left: 0, top: 0 });
        continue;
      }
      const shift = (low, high, size) => {
        const from = (all) => Math.min(...all.map((r) => r[low])) - seen[low];
        const to = (all) => Math.max(...all.map((r) => r[high])) - seen[low];
        if (from(places) >= 0 && to(places) <= size) return 0;
        const changed = placed(frames[at].phase === "forward" || !frames[at].lit.length ? ".box.now, tr.now" : ".box.lit, tr.lit");
        const wanted = to(places) - from(places) > size ? changed : places; // not all fits: what changes
        return (from(wanted) + to(wanted) - size) / 2;
      };
      const left = view === pane ? shift("left", "right", view.clientWidth) : 0; // a table is read from its first column
      view.scrollBy({ left, top: shift("top", "bottom", view.clientHeight), behavior });
    }
  }

  // As large as the pane allows, but never too small to be read: a larger graph is scrolled, a tall one downwards.
  function fit() {
    for (const graph of graphs) {
      const { width, height } = graph.viewBox.baseVal;
      const high = (graph.id === "wide" ? pane.clientHeight : 0.46 * innerHeight - 2) / height;
      const room = Math.min(pane.clientWidth / width, graph.id === "wide" ? high : Math.max(1, high));
      const scale = Math.max(graph.id === "wide" ? 0.9 : 0.85, Math.min(1.4, room));
      graph.setAttribute("width", Math.floor(width * scale));
      graph.setAttribute("height", Math.floor(height * scale));
    }
    follow(false);
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    byId("sentence").setAttribute("aria-live", "polite"); // steps taken by hand are read out
  }

  function toggle() {
    if (timer) return pause();
    if (at === frames.length - 1) show(0);
    play.textContent = "Pause";
    byId("sentence").setAttribute("aria-live", "off");
    timer = setInterval(() => {
      show(at + 1);
      if (at === frames.length - 1) pause();
    }, 1000 * SECONDS_A_STEP);
  }

  function go(i) {
    pause();
    show(i);
  }

  const keys = {
    ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), Home: () => go(0), End: () => go(frames.length - 1), " ": toggle,
  };
  document.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.key === " " && event.target.tagName === "BUTTON") return; // it presses the button
    event.preventDefault();
    action();
  });
  byId("previous").addEventListener("click", () => go(at - 1));
  byId("next").addEventListener("click", () => go(at + 1));
  play.addEventListener("click", toggle);
  slider.addEventListener("input", () => go(Number(slider.value)));
  addEventListener("resize", fit);

  byId("controls").hidden = false;
  pause();
  show(0);
  fit();
}
