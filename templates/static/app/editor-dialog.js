/** A dialog with a form: asked, sent once, and told what is wrong. */

import { $, h, showErrors } from "./ui.js";

/** `work(values)` sends it; when that was answered, it closes. `parts` are its fields, with their names. */
export function ask(title, parts, { act, work, note }) {
  const submit = h("button.button.primary", { type: "submit" }, act);
  const form = h(
    "form",
    { novalidate: true },
    h("h2", { id: "ask-title" }, title),
    note && h("p.muted", null, note),
    h("div.alert", { role: "alert", hidden: true }),
    parts,
    h("div.modal-end", null, h("button.button.quiet", { type: "button", onclick: () => dialog.close() }, "Cancel"), submit),
  );
  const dialog = h("dialog.modal", { id: "ask", "aria-labelledby": "ask-title" }, form);
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    $(".alert", form).hidden = true;
    submit.disabled = true;
    try {
      await work(Object.fromEntries(new FormData(form)), form);
      dialog.close();
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      showErrors(form, problem);
    } finally {
      submit.disabled = false;
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  return form;
}

let count = 0;
export const named = (name, label, control) => {
  Object.assign(control, { id: `ask-${++count}`, name });
  return h("div.field", null, h("label", { for: control.id }, label), control);
};
