// A text that is there to be copied: a path, or an address that is too long to type.
export default {
  render({ model, el }) {
    el.classList.add("vg-copyable");
    const code = document.createElement("code");
    const button = Object.assign(document.createElement("button"), { type: "button", className: "vg-button vg-copy" });
    const said = document.createElement("span");
    said.className = "vg-small";
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(model.get("text"));
        said.textContent = "Copied.";
      } catch {
        getSelection().selectAllChildren(code); // A browser may forbid it: then one key does the rest.
        said.textContent = "Press Ctrl+C.";
      }
    });
    el.append(code, button, said);
    const show = () => {
      el.hidden = !model.get("text");
      code.textContent = model.get("text");
      button.textContent = "Copy";
      said.textContent = "";
    };
    model.on("change:text", show);
    show();
  },
};
