// Takes a picture from a person: judges its size and kind before a byte is sent, then sends it chunk by chunk.
const CHUNK = 1_000_000;
const KINDS = ["png", "jpg", "jpeg", "webp", "tif", "tiff", "bmp", "gif"];

function make(tag, classes, text = "") {
  const made = document.createElement(tag);
  made.className = classes;
  made.textContent = text;
  return made;
}

function megabytes(bytes) {
  return bytes < 10e6 ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6).toLocaleString("en");
}

function judged(file, mostBytes) {
  if (!KINDS.includes(file.name.split(".").pop().toLowerCase()))
    return `${file.name} is no picture that can be used here. Give a PNG, JPEG or WebP.`;
  if (file.size === 0) return `${file.name} is empty. Give a PNG, JPEG or WebP.`;
  if (file.size > mostBytes)
    return `${file.name} has ${megabytes(file.size)} MB; the most is ${megabytes(mostBytes).replace(".0", "")} MB. Save it smaller.`;
  return "";
}

function sender(model, progress) {
  let sending = null;
  const next = async () => {
    const { file, from } = sending;
    const chunk = await file.slice(from, from + CHUNK).arrayBuffer();
    if (sending?.file !== file) return;
    sending.from = from + chunk.byteLength;
    model.send({ kind: "chunk" }, undefined, [chunk]);
    progress(sending.from / file.size);
  };
  model.on("msg:custom", (said) => {
    // The kernel asks for each chunk, so that no more than one is ever under way.
    if (said.kind === "more" && sending && sending.from < sending.file.size) next();
    if (said.kind === "done") sending = null;
  });
  return (file) => {
    sending = { file, from: 0 };
    model.send({ kind: "begin", name: file.name, bytes: file.size });
    progress(0);
  };
}

export default {
  render({ model, el }) {
    el.classList.add("vg-upload");
    const id = `vg-upload-${Math.random().toString(36).slice(2)}`;
    const label = make("label", "vg-upload-label", model.get("label"));
    label.htmlFor = id;
    const zone = make("div", "vg-upload-zone");
    const picture = make("img", "vg-upload-picture");
    const words = make("div", "vg-upload-words");
    const name = make("div", "vg-upload-name");
    name.id = `${id}-name`;
    const bar = make("progress", "vg-upload-bar");
    bar.setAttribute("aria-label", "sent so far");
    const actions = make("div", "vg-upload-actions");
    const choose = make("label", "vg-button vg-upload-choose");
    const chooseWords = make("span", "", "Choose");
    const input = make("input", "vg-upload-input");
    Object.assign(input, { type: "file", id, accept: KINDS.map((kind) => `.${kind}`).join(",") });
    const remove = make("button", "vg-button vg-upload-remove", "Remove");
    remove.type = "button";
    const complaint = make("div", "vg-complaint vg-upload-complaint");
    complaint.id = `${id}-complaint`;
    complaint.setAttribute("role", "alert");
    input.setAttribute("aria-describedby", `${name.id} ${complaint.id}`);
    choose.append(input, chooseWords);
    actions.append(choose, remove);
    words.append(name, bar, actions);
    zone.append(picture, words);
    el.append(label, zone, complaint);

    let share = null;
    let refused = "";
    const show = () => {
      const there = model.get("name");
      const thumbnail = model.get("thumbnail");
      picture.hidden = !thumbnail;
      if (thumbnail) picture.src = thumbnail;
      picture.alt = there ? `Your picture ${there}` : "";
      name.textContent = share !== null ? "Sending …" : model.get("checking") ? "Looking at it …" : there || model.get("hint");
      name.classList.toggle("vg-small", share !== null || !there);
      bar.hidden = share === null;
      if (share !== null) bar.value = share;
      remove.hidden = !there;
      chooseWords.textContent = there ? "Choose another" : "Choose a picture";
      complaint.textContent = refused || model.get("complaint");
      complaint.hidden = !complaint.textContent;
    };
    const send = sender(model, (sent) => {
      share = sent;
      show();
    });
    const take = (file) => {
      if (!file) return;
      refused = judged(file, model.get("most_bytes"));
      if (!refused) send(file);
      show();
    };
    input.addEventListener("change", () => {
      take(input.files[0]);
      input.value = ""; // The same file, mended, can be chosen again.
    });
    zone.addEventListener("dragover", (event) => event.preventDefault());
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      take(event.dataTransfer.files[0]);
    });
    remove.addEventListener("click", () => {
      refused = "";
      model.send({ kind: "remove" });
      input.focus();
    });
    model.on("msg:custom", (said) => {
      if (said.kind !== "done") return;
      share = null;
      show();
    });
    model.on("change", show);
    show();
  },
};
