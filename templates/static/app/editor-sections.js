/** The texts of a proposal: sections in their order, each with a title, a kind and Markdown; and the terms at the end. */

import { bound, input } from "./editor-fields.js";
import { focusIn, rowActs, Rows } from "./editor-list.js";
import { textTools } from "./editor-text.js";
import { choice } from "./fields.js";
import { h } from "./ui.js";

const KINDS = [
  ["text", "Text"],
  ["cover", "Cover"],
  ["pricing", "Prices stand here"],
];

const area = (label, placeholder) => h("textarea.input.text", { rows: 3, "aria-label": label, placeholder });

export function sections(draft, place, words) {
  const rows = new Rows({ draft, list: "sections", place, noun: "section", make });

  function make(key, { handle }) {
    const path = (name) => `sections/${key}/${name}`;
    const text = area("Text", "Write in Markdown: **bold**, lists, links");
    const title = input({ maxlength: 200, placeholder: "Title of the section", class: "input title", "aria-label": "Title of the section" });
    const fields = [
      bound(draft, path("title"), title, { element: title }),
      bound(draft, path("kind"), choice(KINDS, { "aria-label": "What this section is" }), {}),
      bound(draft, path("body"), text, { element: text }),
    ];
    const kind = fields[1].control;
    fields[1].element.replaceChildren(kind);
    const copy = () => open(draft.copy("sections", key));
    const remove = () => draft.remove("sections", key);
    const element = h(
      "section.part",
      { "data-section": key, "aria-label": "Section" },
      h("header.part-head", null, handle, fields[0].element, fields[1].element, rowActs({ noun: "section", copy, remove })),
      h("div.part-body", null, textTools(text, words), fields[2].element),
    );
    const show = () => {
      for (const one of fields) one.show();
      element.dataset.kind = draft.get(path("kind"));
    };
    return { element, show };
  }

  /** A row that was just made is the one to write in. */
  function open(key) {
    rows.draw();
    focusIn(rows.get(key).element, ".title");
    return key;
  }

  return { draw: () => rows.draw(), add: (values) => open(draft.add("sections", values)) };
}

export function terms(draft, place, words) {
  const text = area("Terms", "What holds for this offer: payment, rights, cancellation");
  const field = bound(draft, "terms", text, { element: text });
  place.append(textTools(text, words), field.element);
  return field;
}
