/** What the team says to itself about a proposal: the client never sees it. */

import { markdown } from "./markdown.js";
import { avatar, h, keep, moment, once } from "./ui.js";

export function notes({ session, id, place, may }) {
  const path = `/api/proposals/${id}/comments`;
  const list = h("div.comments", { "aria-live": "polite" });
  const text = h("textarea.input", { rows: 2, "aria-label": "Write a note for the team", placeholder: "Only the team reads this" });
  const send = h("button.button.small", { type: "submit" }, "Add note");
  const form = h("form.compose", { novalidate: true, hidden: !may }, text, h("div.modal-end", null, send));
  const submit = () =>
    once(send, "The note was not saved.", async () => {
      if (!text.value.trim()) return text.focus();
      await session.post(path, { body: text.value.trim(), visibility: "team" });
      text.value = "";
      return load();
    });
  form.addEventListener("submit", (event) => (event.preventDefault(), submit()));
  text.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && submit());
  place.append(list, form);

  const note = ({ id: own, author, body, created_at: at }) =>
    h(
      "article.comment",
      { "data-id": own },
      avatar(author),
      h("div", null, h("header", null, h("b", null, author.name), moment(at, { class: "small muted" })), h("div.body", null, markdown(body))),
    );

  async function load() {
    const { items } = await session.get(`${path}?visibility=team&sort=created_at&limit=200`);
    keep(list, items, note);
  }
  return { load };
}
