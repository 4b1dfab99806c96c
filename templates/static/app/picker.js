/** A line in which one of many records is chosen by its name: type, choose with the arrows, Enter takes, Escape leaves. */

import { calm, complain, h } from "./ui.js";

let count = 0;

/**
 * `find(words)` answers records with a name; `take(record)` is told what was chosen, null for none; `make(name)`, where
 * given, makes a new one of that name. The value is the record, or null.
 */
export function picker({ find, take = () => {}, make, placeholder = "", id = `picker-${++count}`, label }) {
  const list = h("ul.suggest.below", { role: "listbox", id: `${id}-list`, "aria-label": "Suggestions", hidden: true });
  const input = h("input.input", {
    id,
    placeholder,
    autocomplete: "off",
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
    "aria-label": label,
  });
  const element = h("div.picker", null, input, list);
  let value = null;
  let found = [];
  let at = -1;
  let turn = 0;

  const close = () => {
    turn++;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const set = (record) => {
    value = record ?? null;
    if (document.activeElement !== input) input.value = value?.name ?? "";
  };
  const choose = async (choice) => {
    close();
    const record = choice.make ? await choice.make().catch(complain(`“${choice.name}” was not added.`)) : choice;
    if (record) value = record;
    input.value = value?.name ?? "";
    if (record) take(record);
  };
  const clear = () => {
    value = null;
    take(null);
  };
  const draw = () => {
    list.replaceChildren(
      ...found.map((choice, i) =>
        h(
          "li",
          {
            role: "option",
            id: `${id}-${i}`,
            "aria-selected": String(i === at),
            onpointerdown: (event) => (event.preventDefault(), choose(choice)),
          },
          choice.make ? `Add “${choice.name}”` : choice.name,
        ),
      ),
    );
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (at >= 0) input.setAttribute("aria-activedescendant", `${id}-${at}`);
    else input.removeAttribute("aria-activedescendant");
  };
  const look = calm(async () => {
    const mine = ++turn;
    const words = input.value.trim();
    const records = words ? await find(words).catch(() => []) : [];
    if (mine !== turn || document.activeElement !== input) return;
    const same = records.some((one) => one.name.toLowerCase() === words.toLowerCase());
    found = [...records, ...(words && make && !same ? [{ name: words, make: () => make(words) }] : [])];
    at = found.length ? 0 : -1;
    draw();
  }, 200);

  input.addEventListener("input", look);
  const isNew = () => input.value.trim() !== (value?.name ?? "");
  input.addEventListener("blur", () => {
    close();
    if (value && !input.value.trim()) clear();
    else input.value = value?.name ?? "";
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const takes = event.key === "Enter" || (event.key === "Tab" && isNew());
    // What is typed is still looked for: a form must not be sent without it.
    if (list.hidden && event.key === "Enter" && input.value.trim() && isNew()) event.preventDefault();
    if (list.hidden) return;
    if (step) {
      at = (at + step + found.length) % found.length;
      draw();
    } else if (takes && at >= 0) choose(found[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { element, input, set, get: () => value };
}
