// Pictures side by side, each with its words: the shots of a run, or past runs. A tile that stays keeps its elements,
// so that nothing flickers and a clip that plays goes on playing when another tile changes.
function make(tag, classes, text = "") {
  const made = document.createElement(tag);
  made.className = classes;
  made.textContent = text;
  return made;
}

function setPicture(tile, { title, picture, clip, instead }) {
  const address = clip || picture || instead;
  if (tile.frame.firstChild && tile.frame.dataset.address === address) return;
  tile.frame.dataset.address = address;
  const still = picture && !clip ? Object.assign(make("img", "vg-tile-still"), { src: picture, alt: title }) : null;
  const shown = clip ? film(clip, picture, title) : (still ?? (instead ? make("span", "vg-tile-none", instead) : wait()));
  tile.frame.replaceChildren(shown);
}

function wait() {
  const ring = make("span", "vg-tile-wait");
  ring.setAttribute("role", "img");
  ring.setAttribute("aria-label", "on its way");
  return ring;
}

function film(clip, poster, title) {
  const video = make("video", "vg-tile-clip");
  Object.assign(video, { src: clip, poster, muted: true, loop: true, playsInline: true, preload: "none", tabIndex: 0 });
  video.setAttribute("aria-label", `${title}: the clip; it plays while the pointer or the focus is on it`);
  for (const event of ["pointerenter", "focus"]) video.addEventListener(event, () => video.play().catch(() => {}));
  for (const event of ["pointerleave", "blur"]) video.addEventListener(event, () => video.pause());
  return video;
}

function setChip(tile, [words, tone] = ["", ""]) {
  tile.chip.textContent = words;
  tile.chip.className = `vg-chip${tone ? ` vg-chip-${tone}` : ""}`;
  tile.chip.hidden = !words;
}

function setTitle(tile, { title, link }) {
  if (tile.title.textContent === title && (tile.title.dataset.link ?? "") === link) return;
  tile.title.dataset.link = link;
  const made = link ? Object.assign(make("a", "", title), { href: link, target: "_blank", rel: "noopener" }) : title;
  tile.title.replaceChildren(made);
}

function build(model, key) {
  const tile = { root: make("li", "vg-tile"), frame: make("div", "vg-tile-frame") };
  tile.words = make("div", "vg-tile-words");
  tile.title = make("div", "vg-tile-title");
  tile.chip = make("span", "vg-chip");
  tile.lines = make("div", "vg-tile-lines");
  tile.words.append(tile.title, tile.chip, tile.lines);
  tile.root.append(tile.frame, tile.words);
  tile.root.dataset.key = key;
  if (model.get("actions")) tile.root.append(actions(model, tile, key));
  return tile;
}

function actions(model, tile, key) {
  const row = make("div", "vg-tile-actions");
  tile.open = make("button", "vg-button vg-tile-open", "Open");
  tile.open.type = "button";
  tile.open.addEventListener("click", () => model.send({ kind: "open", key }));
  const label = make("label", "vg-tile-pick");
  tile.pick = Object.assign(make("input", ""), { type: "checkbox" });
  tile.pick.addEventListener("change", () => {
    const others = model.get("picked").filter((other) => other !== key);
    model.set("picked", tile.pick.checked ? [...others, key].slice(-2) : others);
    model.save_changes();
  });
  label.append(tile.pick, "Compare");
  row.append(tile.open, label);
  return row;
}

function fill(model, tile, told) {
  setPicture(tile, told);
  setChip(tile, told.chip);
  setTitle(tile, told);
  tile.title.title = told.title;
  tile.lines.replaceChildren(...told.lines.map((line) => make("div", "vg-small", line)));
  tile.root.classList.toggle("vg-tile-now", told.key === model.get("now"));
  if (!tile.open) return;
  tile.open.setAttribute("aria-label", `Open ${told.title}`);
  tile.pick.setAttribute("aria-label", `Compare ${told.title}`);
  tile.pick.disabled = !told.pickable;
  tile.pick.checked = model.get("picked").includes(told.key);
}

export default {
  render({ model, el }) {
    const list = make("ul", "vg-tiles");
    list.setAttribute("aria-label", model.get("label"));
    el.append(list);
    const there = new Map();
    const show = () => {
      list.style.setProperty("--vg-ratio", model.get("ratio"));
      list.style.setProperty("--vg-least", model.get("least"));
      const wanted = model.get("tiles");
      const keys = new Set(wanted.map((told) => told.key));
      for (const [key, tile] of there) if (!keys.has(key)) tile.root.remove() || there.delete(key);
      wanted.forEach((told, place) => {
        const tile = there.get(told.key) ?? build(model, told.key);
        there.set(told.key, tile);
        fill(model, tile, told);
        if (list.children[place] !== tile.root) list.insertBefore(tile.root, list.children[place] ?? null);
      });
    };
    model.on("change", show);
    show();
  },
};
