// Tells the kernel who sits at the page, and keeps for them in this browser what must survive a reload.
const KEYS = { person: "vgkit.person", draft: "vgkit.draft", opened: "vgkit.opened" };

function read(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // A browser may forbid storage: the page works, but forgets.
  }
}

function keep(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    /* see above */
  }
}

function person() {
  const known = read(KEYS.person);
  if (/^[0-9a-f]{32}$/.test(known)) return known;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const fresh = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  keep(KEYS.person, fresh);
  return fresh;
}

function baseUrl() {
  const settings = document.getElementById("jupyter-config-data")?.textContent;
  return JSON.parse(settings || "{}").baseUrl ?? "/";
}

export default {
  initialize({ model }) {
    model.on("change:draft", () => keep(KEYS.draft, model.get("draft")));
    model.on("change:opened", () => keep(KEYS.opened, model.get("opened")));
    model.on("msg:custom", (said) => {
      if (said.kind === "look") document.querySelector(`.${said.at}`)?.scrollIntoView({ block: "start" });
    });
    const kept = { draft: read(KEYS.draft), opened: read(KEYS.opened) };
    model.send({ kind: "here", person: person(), base: baseUrl(), ...kept });
  },
  render({ el }) {
    el.hidden = true;
  },
};
