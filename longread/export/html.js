// The grid of a review in a browser: filters, sorts, and opens cells. It asks for nothing beyond
// this file, and puts text from documents and models on the page as text alone.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const grid = document.getElementById("grid");
const body = grid.querySelector("tbody");
const pane = document.getElementById("pane");
const search = document.getElementById("search");
const rows = [...body.rows];
const cells = rows.map((row) => [...row.cells].slice(1));
const state = { tones: new Set(), check: false, cell: null, cite: 0, sort: null };

const make = (name, text, style) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (style) made.className = style;
  return made;
};

// What is shown: a row stays while one of its cells passes; cells that do not are dimmed.

function filter() {
  const wanted = search.value.trim().toLowerCase();
  const active = wanted || state.tones.size || state.check;
  let left = 0;
  rows.forEach((row, d) => {
    const ofDocument = wanted && row.cells[0].textContent.toLowerCase().includes(wanted);
    let passed = 0;
    cells[d].forEach((cell) => {
      const passes =
        (!state.tones.size || state.tones.has(cell.dataset.tone)) &&
        (!state.check || "check" in cell.dataset) &&
        (!wanted || ofDocument || cell.textContent.toLowerCase().includes(wanted));
      cell.classList.toggle("dim", Boolean(active) && !passes);
      passed += passes;
    });
    row.hidden = !passed && cells[d].length > 0;
    left += !row.hidden;
  });
  document.getElementById("told").textContent =
    `${left.toLocaleString("en")} of ${rows.length.toLocaleString("en")} documents`;
}

let waiting = 0;
search.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(filter, 120);
});
for (const button of document.querySelectorAll("[data-filter]")) {
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    if (button.dataset.filter === "check") state.check = on;
    else if (on) state.tones.add(button.dataset.filter);
    else state.tones.delete(button.dataset.filter);
    filter();
  });
}

// Order: by value, backwards, by state; a fourth click restores the order of the review.

const TONES = ["failed", "rejected", "unverified", "unclear", "corrected", "good", "nothing", "not-asked"];
const WAYS = ["A–Z", "Z–A", "by state", ""];

function sort(column, way) {
  const text = (d) => (column < 0 ? rows[d].cells[0].textContent : cells[d][column].querySelector("span").lastChild.textContent);
  const order = rows.map((_, d) => d);
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  if (way === "by state") order.sort((a, b) => TONES.indexOf(cells[a][column].dataset.tone) - TONES.indexOf(cells[b][column].dataset.tone) || a - b);
  else if (way) order.sort((a, b) => (way === "A–Z" ? 1 : -1) * compare(text(a), text(b)) || a - b);
  body.append(...order.map((d) => rows[d]));
}

[...grid.querySelectorAll("thead th")].forEach((head, index) => {
  const button = head.querySelector("button");
  button.addEventListener("click", () => {
    const ways = index ? WAYS : ["A–Z", "Z–A", ""];
    const way = ways[state.sort?.index === index ? (ways.indexOf(state.sort.way) + 1) % ways.length : 0];
    for (const other of grid.querySelectorAll("thead small")) other.textContent = "";
    for (const other of grid.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
    button.querySelector("small").textContent = way && `sorted ${way}`;
    if (way) head.setAttribute("aria-sort", way === "Z–A" ? "descending" : "ascending");
    state.sort = way ? { index, way } : null;
    sort(index - 1, way);
  });
});

// A cell, opened.

function open(d, q, cite = 0) {
  state.cell?.classList.remove("open");
  state.cell = cells[d][q];
  state.cell.classList.add("open");
  state.cite = cite;
  const said = data.cells[`${d},${q}`];
  const [document_, question] = [data.documents[d], data.questions[q]];
  const top = make("div", "", "top");
  const close = make("button", "✕ close", "close");
  close.addEventListener("click", shut);
  top.append(close, make("h2", question.name), make("p", question.text, "faint"), make("p", document_.path));
  const value = make("p", `${said.sign} ${said.text}`, `said ${said.tone}`);
  top.append(value, make("p", said.state, "faint"));
  if (said.words) top.append(make("p", `In the model's words: ${said.words}`));
  if (said.remarks?.length) {
    const list = make("ul");
    list.append(...said.remarks.map((remark) => make("li", remark)));
    top.append(list);
  }
  if (said.reason) top.append(make("p", `Because: ${said.reason}`, "faint"));
  if (said.shown) top.append(make("p", `In the prompt: ${said.shown}`, "faint"));
  const cites = make("ul", "", "cites");
  (said.cites ?? []).forEach((one, number) => {
    const item = make("li");
    const button = make("button", "", one.holds ? "" : "bad");
    button.append(make("b", `${one.place} · ${one.verdict}`));
    if (one.quote) button.append(make("div", `“${one.quote}”`));
    if (one.note) button.append(make("div", one.note, "faint"));
    button.addEventListener("click", () => show(said, number));
    item.append(button);
    cites.append(item);
  });
  top.append(cites);
  const nav = make("nav");
  const text = make("div");
  text.id = "text";
  text.tabIndex = 0;
  pane.replaceChildren(top, nav, text);
  pane.hidden = false;
  // The grid is narrower now.
  state.cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  show(said, cite, d);
  history.replaceState(null, "", `#d${d + 1}q${q + 1}`);
}

function show(said, number) {
  state.cite = number;
  pane.querySelectorAll(".cites button").forEach((button, n) => button.setAttribute("aria-pressed", String(n === number)));
  const cite = said.cites?.[number];
  const [nav, text] = [pane.querySelector("nav"), document.getElementById("text")];
  nav.hidden = !cite?.at.length;
  if (nav.hidden) {
    nav.replaceChildren();
    text.replaceChildren(make("p", cite ? "No text of this place is kept." : "Nothing is cited.", "faint"));
    return;
  }
  draw(cite, cite.at[0][0], [...new Set(cite.at.map((at) => at[1]))]);
}

// Parts of a cited document, with the words that are cited marked.
function draw(cite, index, parts) {
  const [nav, text] = [pane.querySelector("nav"), document.getElementById("text")];
  const source = data.texts[index];
  const numbers = Object.keys(source.parts).map(Number).sort((a, b) => a - b);
  nav.replaceChildren();
  const step = (number, words) => {
    const button = make("button", number === undefined ? "" : words(source.parts[number][0]));
    button.hidden = number === undefined;
    button.addEventListener("click", () => draw(cite, index, [number]));
    return button;
  };
  const last = parts[parts.length - 1];
  nav.append(
    make("b", `${source.path} ${parts.map((p) => source.parts[p][0]).join(", ")}`),
    step(numbers[numbers.indexOf(parts[0]) - 1], (label) => `‹ ${label}`),
    step(numbers[numbers.indexOf(last) + 1], (label) => `${label} ›`),
  );
  if (source.file) {
    const link = make("a", "open the file");
    link.href = source.unit === "page" ? `${source.file}#page=${parts[0]}` : source.file;
    link.rel = "noreferrer";
    nav.append(link);
  }
  text.replaceChildren();
  let first = null;
  for (const number of parts) {
    const [label, words] = source.parts[number];
    const block = make("div");
    let done = 0;
    for (const [, , start, end] of cite.at.filter((at) => at[1] === number && at[3] > at[2])) {
      block.append(words.slice(done, start));
      const marked = make("mark", words.slice(start, end));
      first ??= marked;
      block.append(marked);
      done = end;
    }
    block.append(words.slice(done));
    text.append(make("h3", label), block);
  }
  text.scrollTop = first ? first.offsetTop - text.clientHeight / 3 : 0;
}

function shut() {
  pane.hidden = true;
  state.cell?.classList.remove("open");
  state.cell?.querySelector("button").focus();
  state.cell = null;
  history.replaceState(null, "", "#");
}

// One cell of the grid is in the order of tabs; arrows move from there.

let here = null;

function place(button, focus = true) {
  if (here) here.tabIndex = -1;
  here = button;
  if (!here) return;
  here.tabIndex = 0;
  if (focus) here.focus();
}

const at = (cell) => {
  const d = rows.indexOf(cell.parentElement);
  return [d, cells[d].indexOf(cell)];
};

body.addEventListener("click", (event) => {
  const cell = event.target.closest("td");
  if (!cell) return;
  place(cell.querySelector("button"));
  open(...at(cell));
});

body.addEventListener("keydown", (event) => {
  const cell = event.target.closest("td");
  if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
  const [, q] = at(cell);
  const seen = [...body.rows].filter((row) => !row.hidden);
  const r = seen.indexOf(cell.parentElement);
  const to = {
    ArrowRight: [r, q + 1], ArrowLeft: [r, q - 1], ArrowDown: [r + 1, q], ArrowUp: [r - 1, q],
    Home: [r, 0], End: [r, data.questions.length - 1], PageDown: [Math.min(r + 10, seen.length - 1), q],
    PageUp: [Math.max(r - 10, 0), q],
  }[event.key];
  const next = to && seen[to[0]]?.cells[to[1] + 1];
  if (to) event.preventDefault();
  if (!next || to[1] < 0) return;
  place(next.querySelector("button"));
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (!pane.hidden) open(...at(next));
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target === search) {
    search.value = "";
    filter();
    place(here);
  } else if (event.key === "Escape" && !pane.hidden) shut();
  else if (event.target === search) return;
  else if (event.key === "/") {
    event.preventDefault();
    search.focus();
  } else if ((event.key === "n" || event.key === "p") && !pane.hidden) {
    const said = data.cells[at(state.cell).join(",")];
    const many = said.cites?.length ?? 0;
    if (many) show(said, (state.cite + (event.key === "n" ? 1 : many - 1)) % many);
  }
});

place(body.querySelector("tr:not([hidden]) td button"), false);
const named = /^#d(\d+)q(\d+)$/.exec(location.hash);
const asked = named && cells[named[1] - 1]?.[named[2] - 1];
if (asked) {
  place(asked.querySelector("button"), false);
  asked.scrollIntoView({ block: "center", inline: "center" });
  open(named[1] - 1, named[2] - 1);
}
