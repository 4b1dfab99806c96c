/** Questions of the client, answers that they read, and notes that stay with the team: never to be taken for another. */

import { markdown } from "./markdown.js";
import { $, $$, avatar, h, icon, keep, moment, once } from "./ui.js";

export class Thread {
  constructor({ session, crew, path, shown }) {
    Object.assign(this, { session, crew, path: `${path}/comments`, shown });
    for (const button of $$("#compose [data-visibility]"))
      button.addEventListener("click", () => once(button, "It was not sent.", () => this.#write(button.dataset.visibility)));
  }

  async load() {
    const { items } = await this.session.get(`${this.path}?limit=200&sort=created_at`);
    keep($("#thread"), items, (one) => this.#comment(one));
    const sent = Boolean(this.shown().number); // until then there is nobody to answer
    $("#compose").hidden = !this.crew.may("proposals:write");
    $("#compose [data-visibility=client]").hidden = !sent;
    $("#body").placeholder = sent ? "Answer the client, or note something for the team" : "Note something for the team";
  }

  async #write(visibility) {
    const text = $("#body");
    const body = text.value.trim();
    if (!body) return text.focus();
    await this.session.post(this.path, { body, visibility });
    text.value = "";
    return this.load();
  }

  #comment({ id, author, body, created_at: at, visibility, section }) {
    const note = visibility === "team";
    const asked = author.kind === "client";
    const title = section && this.shown()?.sections.find((one) => one.key === section)?.title;
    const kind = note ? [icon("lock", "s"), "Note, only for the team"] : [asked ? "Question" : "Answer, the client reads it"];
    return h(
      `article.comment${note ? ".note" : ""}`,
      { "data-id": id, "data-visibility": visibility },
      avatar(author),
      h(
        "div",
        null,
        h("header", null, h("b", null, author.name), h(`span.chip${note ? ".warn" : asked ? ".info" : ""}`, null, kind), moment(at, { class: "small muted" })),
        title && h("p.small.muted", null, `About “${title}”`),
        h("div.body", null, markdown(body)),
      ),
    );
  }
}
