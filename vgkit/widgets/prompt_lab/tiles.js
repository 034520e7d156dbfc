// A board of results: what each was made from, how it came out, what it cost; stars, and a look at one or two of them.
// The kernel keeps the board; this shows it, and tells the kernel what a person pressed.

const base = () => JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}").baseUrl ?? "/";
const ROOMY_COLUMNS = 4; // with more of them tiles are narrow
const MOST_COLUMNS = 6; // with more, tiles follow each other, each with its label
const SCORES_IN_TILE = 4; // all are told where a tile is opened
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

function make(tag, fields = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...inside);
  return element;
}

// Files come by address where the page's server serves them, else as bytes that are asked for once.
class Files {
  constructor(model) {
    this.model = model;
    this.urls = new Map();
    this.waiting = new Map();
    this.got = (message, buffers) => {
      if (message.file === undefined) return;
      const url = URL.createObjectURL(new Blob([buffers[0]], { type: message.type }));
      this.urls.set(message.file, url);
      for (const use of this.waiting.get(message.file) ?? []) use(url);
      this.waiting.delete(message.file);
    };
    model.on("msg:custom", this.got);
  }

  give(tile, use) {
    if (tile.address) return use(base() + tile.address);
    if (this.urls.has(tile.file)) return use(this.urls.get(tile.file));
    const first = !this.waiting.has(tile.file);
    this.waiting.set(tile.file, [...(this.waiting.get(tile.file) ?? []), use]);
    if (first) this.model.send({ want: tile.file });
  }

  close() {
    this.model.off("msg:custom", this.got);
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
  }
}

function picture(files, tile, { large = false } = {}) {
  const clip = tile.media === "clip";
  const shown = clip
    ? make("video", { muted: true, loop: true, playsinline: true, preload: "auto", controls: large, "aria-label": tile.label })
    : make("img", { alt: tile.label });
  if (clip) shown.muted = true;
  files.give(tile, (url) => { shown.src = url; });
  if (clip && large && !still.matches) shown.autoplay = true;
  return shown;
}

function playOnAttention(button, video) {
  const play = () => { if (!still.matches) video.play().catch(() => {}); };
  const rest = () => { video.pause(); video.currentTime = 0; };
  button.addEventListener("pointerenter", play);
  button.addEventListener("focus", play);
  button.addEventListener("pointerleave", rest);
  button.addEventListener("blur", rest);
}

function scores(tile, most = tile.scores.length) {
  return make("dl", { class: "vg-tile-scores" }, ...tile.scores.slice(0, most).map(({ name, value, best }) =>
    make("div", best ? { class: "vg-tile-lead" } : {},
      make("dt", {}, name), make("dd", {}, best ? `${value} ✓` : value))));
}

function frame(files, tile, open) {
  if (tile.state !== "made") {
    const word = { waiting: "waits", working: "being made…", failed: "failed", stopped: "cancelled" }[tile.state];
    return make("div", { class: `vg-tile-frame vg-tile-${tile.state}` }, make("span", {}, word));
  }
  const shown = picture(files, tile);
  const name = `Open ${tile.label} large`;
  const button = make("button", { class: "vg-tile-frame", type: "button", "aria-label": name, onclick: open }, shown);
  if (tile.media === "clip") {
    button.append(make("span", { class: "vg-tile-kind", "aria-hidden": "true" }, "▶"));
    playOnAttention(button, shown);
  }
  return button;
}

function foot(model, tile) {
  const star = make("button", {
    type: "button", class: "vg-tile-star", "data-does": "star", "aria-pressed": String(tile.starred),
    "aria-label": `Star ${tile.label}`, onclick: () => model.send({ star: tile.id, on: !tile.starred }),
  }, tile.starred ? "★ Starred" : "☆ Star");
  const tick = make("input", {
    type: "checkbox", "data-does": "compare", "aria-label": `Compare ${tile.label}`,
    onchange: () => model.send({ pick: tile.id, on: tick.checked }),
  });
  tick.checked = tile.picked;
  return make("div", { class: "vg-tile-foot" }, star, make("label", {}, tick, "Compare"));
}

function words(model, tile, plain) {
  const said = [make("p", { class: "vg-tile-label" }, tile.label)];
  if (tile.best) said.unshift(make("p", { class: "vg-tile-best" }, "Best", make("span", {}, ` ${tile.best}`)));
  if (tile.note) said.push(make("p", { class: "vg-tile-note" }, tile.note));
  if (tile.said) said.push(make("p", { class: "vg-tile-said" }, tile.said));
  if (tile.scores.length) said.push(scores(tile, SCORES_IN_TILE));
  if (tile.state === "made" && !plain) said.push(foot(model, tile));
  return make("div", { class: "vg-tile-words" }, ...said);
}

function look(files, tile, done) {
  const close = make("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const dialog = make("dialog", { class: "vg-tiles-look", "aria-label": tile.label },
    make("header", {}, make("b", {}, tile.label), make("span", {}, tile.note), close),
    picture(files, tile, { large: true }), scores(tile));
  dialog.addEventListener("close", () => { dialog.remove(); done(); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  // JupyterLab would take the keys for its own commands.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  return dialog;
}

class Board {
  constructor(model, el) {
    this.model = model;
    this.files = new Files(model);
    this.places = new Map();
    this.axes = "";
    this.el = make("div", { class: "vg-tiles" });
    el.append(this.el);
    this.onboard = () => this.show();
    model.on("change:board", this.onboard);
    this.show();
    model.send({ seen: true });
  }

  open(id) {
    const tile = this.model.get("board").tiles.find((each) => each.id === id);
    const dialog = look(this.files, tile, () => this.places.get(id)?.querySelector("button")?.focus());
    this.el.append(dialog);
    dialog.showModal();
  }

  show() {
    const board = this.model.get("board");
    const axes = JSON.stringify([board.caption, board.columns, board.rows, board.tiles.map((tile) => tile.id)]);
    if (axes !== this.axes) this.build(board);
    this.axes = axes;
    for (const tile of board.tiles) this.put(tile, this.places.get(tile.id), board.plain);
  }

  build(board) {
    const before = this.places;
    this.places = new Map(board.tiles.map((tile) => [tile.id, before.get(tile.id) ?? make("article", { "data-tile": tile.id })]));
    const fits = board.columns.length > 0 && board.columns.length <= MOST_COLUMNS;
    const inside = fits ? this.table(board) : this.list(board);
    this.el.replaceChildren(...(board.tiles.length ? [inside] : []));
  }

  table(board) {
    const named = board.rows.some((row) => row);
    const rows = board.rows.map((row, down) => make("tr", {}, ...(named ? [make("th", { scope: "row" }, row)] : []),
      ...board.tiles.filter((tile) => tile.row === down).map((tile) => make("td", {}, this.places.get(tile.id)))));
    const head = make("tr", {}, ...(named ? [make("td")] : []), ...board.columns.map((name) => make("th", { scope: "col" }, name)));
    return make("table", { class: board.columns.length > ROOMY_COLUMNS && "vg-tiles-many" },
      make("caption", {}, board.caption), make("thead", {}, head), make("tbody", {}, ...rows));
  }

  list(board) {
    return make("ul", { "aria-label": board.caption },
      ...board.tiles.map((tile) => make("li", {}, this.places.get(tile.id))));
  }

  // Only what changed is put anew: a star must not make a clip load again.
  put(tile, place, plain) {
    place.className = `vg-tile${tile.best ? " vg-tile-winner" : ""}`;
    place.dataset.state = tile.state;
    place.setAttribute("aria-label", tile.label);
    const framed = JSON.stringify([tile.state, tile.file, tile.label]);
    if (place.framed !== framed) {
      place.framed = framed;
      place.querySelector(".vg-tile-frame")?.remove();
      place.prepend(frame(this.files, tile, () => this.open(tile.id)));
    }
    const told = JSON.stringify(tile);
    if (place.told === told) return;
    place.told = told;
    const focused = place.contains(document.activeElement) ? document.activeElement.dataset.does : undefined;
    place.querySelector(".vg-tile-words")?.remove();
    place.append(words(this.model, tile, plain));
    if (focused) place.querySelector(`[data-does=${focused}]`)?.focus();
  }

  close() {
    this.model.off("change:board", this.onboard);
    this.files.close();
  }
}

export default {
  render({ model, el }) {
    const board = new Board(model, el);
    return () => board.close();
  },
};
