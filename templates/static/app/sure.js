/** Asking before something is done. */

import { closable, h } from "./ui.js";

/**
 * A question with a yes; answers null for a no, else what the `fields` of its form say. What can be taken back is no
 * `danger`.
 */
export function sure(title, text, act, { fields = [], danger = true } = {}) {
  const no = h("button.button.quiet", { type: "button", "data-close": true, autofocus: fields.length === 0 }, "Cancel");
  const yes = h(`button.button.${danger ? "danger" : "primary"}`, { id: "sure-yes", value: "yes" }, act);
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "sure-title" }, title),
    h("p.muted", { id: "sure-text" }, text),
    fields,
    h("div.modal-end", null, no, yes),
  );
  const labels = { "aria-labelledby": "sure-title", "aria-describedby": "sure-text" };
  const dialog = closable(h("dialog.modal", { id: "sure", ...labels }, form));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    const end = () => {
      dialog.remove();
      done(dialog.returnValue === "yes" ? Object.fromEntries(new FormData(form)) : null);
    };
    dialog.addEventListener("close", end, { once: true });
  });
}
