/** The versions that were sent: each as a PDF, compared with what came after it, copied back into the draft. */

import { download } from "./download.js";
import { money } from "./money.js";
import { sure } from "./sure.js";
import { $, closable, day, h, keep, once } from "./ui.js";

const NAMES = {
  title: "Title",
  currency: "Currency",
  tax_mode: "Tax",
  discount: "Discount",
  deposit_percent: "Deposit, percent",
  terms: "Terms",
  subtotal: "Subtotal",
  tax: "Tax",
  total: "Total",
  deposit: "Deposit",
};
const LONG = ["terms", "body"];

export class Versions {
  #dialog = closable($("#compared"));

  constructor({ session, crew, path, shown }) {
    Object.assign(this, { session, crew, path, shown });
  }

  async load() {
    const { items } = await this.session.get(`${this.path}/versions?limit=200`);
    const { status, version_number: current } = this.shown();
    const draft = status === "draft";
    const writes = this.crew.may("proposals:write") && status !== "accepted";
    const lines = items.map((one) => ({ ...one, newer: one.number < current || draft, writes, draft, last: one.number === current }));
    keep($("#versions"), lines, (one) => this.#line(one));
    $("#versions-card").hidden = items.length === 0;
  }

  #line({ number, total, currency, sent_at: at, newer, writes, draft, last, id }) {
    const button = (label, before, act) =>
      h("button.button.quiet.small", { type: "button", "aria-label": `${label}: version ${number}`, onclick: (event) => once(event.currentTarget, before, act) }, label);
    return h(
      "li.version",
      { "data-id": id, "data-number": number },
      h("div", null, h("b", null, `Version ${number}`), h("span.small.muted", null, `${day(at)} · ${money(total, currency)}`)),
      h(
        "span.version-tools",
        null,
        button("PDF", "No PDF.", () => download(this.session, `${this.path}/pdf?version=${number}`, `proposal-${number}.pdf`)),
        newer && button("Compare", "Not compared.", () => this.#compare(number)),
        writes && !(last && !draft) && button("Restore", "Nothing was restored.", () => this.#restore(number, draft)),
      ),
    );
  }

  async #restore(number, draft) {
    const text = draft
      ? "What is written in the draft now is replaced by it."
      : "The next version begins with it; the one that was sent last cannot be signed any more.";
    if (!(await sure(`Go on from version ${number}?`, text, "Restore"))) return;
    await this.session.post(`${this.path}/versions/${number}/restore`);
    location.assign(`/proposals/${this.shown().id}/edit`);
  }

  async #compare(number) {
    const { to, fields, totals, sections, items } = await this.session.get(`${this.path}/compare?from=${number}`);
    const lines = [
      ...Object.entries({ ...fields, ...totals }).filter(([name]) => name !== "recurring").map(([name, pair]) => differs(NAMES[name] ?? name, name, pair)),
      ...parts("Section", sections, ({ title, key }) => title || key),
      ...parts("Item", items, ({ description }) => description),
    ];
    const heading = `Version ${number} and ${this.shown().status === "draft" ? "the draft" : `version ${to}`}`;
    this.#dialog.replaceChildren(
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "compared-title" }, heading),
        lines.length ? h("ul.compared", null, lines) : h("p.muted", null, "They say the same."),
        h("div.modal-end", null, h("button.button.quiet", { type: "button", "data-close": true }, "Close")),
      ),
    );
    this.#dialog.showModal();
  }
}

const text = (value) => (value === null || value === "" ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value));

/** A field before and after; of long texts only that they differ. */
function differs(label, name, [was, is]) {
  if (LONG.includes(name)) return h("li", null, h("b", null, label), h("span", null, "was written anew"));
  return h("li", null, h("b", null, label), h("span", null, h("del", null, text(was)), " ", h("ins", null, text(is))));
}

/** Parts that came, went or changed; `called` says their name. */
function parts(noun, { added, removed, changed }, called) {
  const line = (one, word) => h("li", null, h("b", null, `${noun} “${called(one)}”`), h("span", null, word));
  const moved = !added.length && !removed.length && changed.some(({ changes }) => changes.position);
  return [
    ...(moved ? [h("li", null, h("b", null, `${noun}s`), h("span", null, "are in another order"))] : []),
    ...added.map((one) => line(one, "is new")),
    ...removed.map((one) => line(one, "is gone")),
    ...changed.flatMap(({ changes, ...one }) =>
      Object.entries(changes)
        .filter(([name]) => !["position", "amounts"].includes(name))
        .map(([name, pair]) => differs(`${noun} “${called({ ...one, ...now(changes) })}”, ${name.replace("_", " ")}`, name, pair)),
    ),
  ];
}

const now = (changes) => Object.fromEntries(Object.entries(changes).map(([name, [, is]]) => [name, is]));
