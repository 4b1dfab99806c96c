/** Fields that save themselves when they are left, follow what others change meanwhile, and say what was refused. */

import { h, icon, local } from "./ui.js";

const pad = (number) => String(number).padStart(2, "0");

/** A moment as the day that it is on here. */
export const dateOf = (value) => {
  if (!value) return "";
  const day = local(value);
  return `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
};

export const choice = (options, attributes) =>
  h(
    "select.input",
    attributes,
    options.map(([value, name]) => h("option", { value }, name)),
  );

/** The place below a field where its refusal is told. */
export const problemLine = () => h("span.error", { role: "alert", hidden: true });

export function tell(line, control, message) {
  line.hidden = !message;
  line.textContent = message ?? "";
  if (message) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
}

/**
 * A control that saves when it is left with another value, and is not overwritten while somebody writes in it.
 * `fail(errors)` tells below it what the server says of the value, which stays there to be mended.
 */
export function field(control, { label = "", show = (value) => value ?? "", save, bare = false }) {
  let last = "";
  const line = problemLine();
  control.addEventListener("change", () => {
    tell(line, control);
    if (control.value !== last) save(control.value);
  });
  if (bare)
    control.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), control.blur()));
  const display = (value) => {
    last = String(show(value));
    const busy = document.activeElement === control && control.tagName !== "SELECT";
    if (!busy && line.hidden) control.value = last;
  };
  const element = bare ? control : h("label.field", null, h("span.label", null, label), control, line);
  return { element, show: display, fail: (errors) => tell(line, control, errors.map((one) => one.message).join(" ")) };
}

/** Somebody of the team, or nobody. The names may come later. */
export function personField({ label, people, save }) {
  const control = choice([["", "Nobody"]]);
  let shown = "";
  const one = field(control, { label, save: (id) => save(id || null) });
  const show = (id) => {
    const all = [...people().values()];
    if (id && !people().has(id)) all.push({ id, name: "Somebody who left" });
    const key = all.map((person) => person.id + person.name).join();
    if (key !== shown) {
      const options = [h("option", { value: "" }, "Nobody")];
      control.replaceChildren(...options, ...all.map((person) => h("option", { value: person.id }, person.name)));
    }
    shown = key;
    one.show(id);
  };
  return { ...one, show };
}

/** Lines of which one is the primary: e-mail addresses, phone numbers. All of them are saved when one is changed. */
export function linesField({ label, key, type, noun, save }) {
  const list = h("div.lines");
  const add = h("button.add-line", { type: "button" }, icon("plus", "s"), `Add ${noun}`);
  const element = h("fieldset.field", null, h("legend.label", null, label), list, add);
  let shown = "";
  let entries = [];
  const draw = () => list.replaceChildren(...entries.map(line));
  const changed = () => {
    const kept = entries.filter((one) => one[key].trim());
    if (kept.length === entries.length || JSON.stringify(kept) !== shown) save(kept);
  };

  function line(entry, at) {
    const input = h("input.input", {
      type,
      value: entry[key],
      autocomplete: "off",
      "aria-label": `${label} ${at + 1}`,
      onchange: () => {
        entry[key] = input.value;
        changed();
      },
    });
    const kind = h("input.input.tag-of", {
      value: entry.label,
      placeholder: "Work",
      "aria-label": `What ${noun} ${at + 1} is for`,
      maxlength: 60,
      onchange: () => ((entry.label = kind.value), changed()),
    });
    const main = h(
      "button.icon-button.star",
      {
        type: "button",
        "aria-pressed": String(entry.primary),
        title: entry.primary ? "The first one to use" : "Make this the first one to use",
        "aria-label": `Use ${entry[key] || noun} first`,
        onclick: () => {
          for (const one of entries) one.primary = one === entry;
          draw();
          changed();
        },
      },
      icon("star", "s"),
    );
    const remove = h(
      "button.icon-button",
      {
        type: "button",
        "aria-label": `Remove ${entry[key] || noun}`,
        onclick: () => {
          entries = entries.filter((one) => one !== entry);
          if (entry.primary && entries[0]) entries[0].primary = true;
          draw();
          changed();
        },
      },
      icon("x", "s"),
    );
    return h("div.line", null, h("div.line-row", null, input, kind, main, remove), problemLine());
  }

  add.addEventListener("click", () => {
    entries.push({ [key]: "", label: "", primary: entries.length === 0 });
    draw();
    list.lastElementChild.querySelector("input").focus();
  });

  const show = (value) => {
    const now = JSON.stringify(value);
    const wrong = list.querySelector("[aria-invalid]");
    if (now === shown || list.contains(document.activeElement) && wrong) return;
    const busy = list.contains(document.activeElement) && document.activeElement.value !== "";
    shown = now;
    entries = value.map((one) => ({ ...one }));
    const at = busy ? [...list.querySelectorAll("input, button")].indexOf(document.activeElement) : -1;
    draw();
    list.querySelectorAll("input, button")[at]?.focus();
  };
  const fail = (errors) => {
    for (const row of list.children) tell(row.lastElementChild, row.querySelector("input"));
    for (const { field: path, message } of errors) {
      const row = list.children[Number(/\[(\d+)\]/.exec(path)?.[1] ?? 0)];
      if (row) tell(row.lastElementChild, row.querySelector("input"), message);
    }
  };
  return { element, show, fail };
}

/** Several controls under one heading, each saving its own part: an address, what somebody agreed to. */
export function groupField(label, parts) {
  const element = h("fieldset.field.group", null, h("legend.label", null, label), Object.values(parts).map((one) => one.element));
  const show = (value) => {
    for (const [name, part] of Object.entries(parts)) part.show(value?.[name]);
  };
  const fail = (errors) => {
    for (const error of errors) parts[error.field.split(".").at(-1)]?.fail([error]);
  };
  return { element, show, fail };
}

/** Yes or no. */
export function tickField({ label, save }) {
  const control = h("input", { type: "checkbox", onchange: () => save(control.checked) });
  const line = problemLine();
  const element = h("label.tick-field", null, control, h("span", null, label), line);
  return {
    element,
    show: (value) => (control.checked = Boolean(value)),
    fail: (errors) => tell(line, control, errors.map((one) => one.message).join(" ")),
  };
}

/** An amount with its currency. */
export function moneyField({ label, save }) {
  const amount = h("input.input", { inputmode: "decimal", autocomplete: "off", placeholder: "0.00", "aria-label": `${label}, amount` });
  const currency = h("input.input", { maxlength: 3, autocomplete: "off", "aria-label": `${label}, currency` });
  const line = problemLine();
  let last = {};
  const read = () => ({ value: amount.value.trim().replace(/[\s\u00a0']/g, "") || null, currency: currency.value.trim().toUpperCase() || null });
  const changed = () => {
    tell(line, amount);
    tell(line, currency);
    const now = read();
    if (now.value !== last.value || now.currency !== last.currency) save(now);
  };
  for (const control of [amount, currency]) control.addEventListener("change", changed);
  const element = h("div.field", null, h("span.label", null, label), h("div.line-row.money", null, amount, currency), line);
  const show = (value, record) => {
    last = { value, currency: record.currency };
    if (element.contains(document.activeElement) || !line.hidden) return;
    amount.value = value ?? "";
    currency.value = record.currency;
  };
  const fail = ([error]) => tell(line, error?.field === "currency" ? currency : amount, error?.message);
  return { element, show, fail };
}

/** A field of the team's own, by its type. */
export function customField({ key, label, type, options, currency }, save) {
  const keep = (value) => save({ custom: { [key]: value === "" ? null : value } });
  const text = (attributes) => h("input.input", { autocomplete: "off", ...attributes });
  if (type === "boolean") return tickField({ label, save: keep });
  if (type === "select") return field(choice([["", "\u2013"], ...options.map((one) => [one, one])]), { label, save: keep });
  if (type === "multi_select") return picksField({ label, options, save: keep });
  const control = {
    number: () => text({ type: "number", step: "any" }),
    money: () => text({ inputmode: "decimal", placeholder: currency }),
    date: () => text({ type: "date" }),
    url: () => text({ type: "url", placeholder: "https://" }),
    text: () => text({ maxlength: 5000 }),
  }[type]();
  const read = type === "number" ? (value) => keep(value === "" ? null : Number(value)) : keep;
  return field(control, { label: type === "money" ? `${label} (${currency})` : label, save: read });
}

/** Any of some options. */
function picksField({ label, options, save }) {
  const list = h("div.picks", { role: "group", "aria-label": label });
  const line = problemLine();
  let chosen = [];
  const toggle = (one) => save(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one]);
  const buttons = options.map((one) => h("button.pick.plain", { type: "button", onclick: () => toggle(one) }, one));
  list.append(...buttons);
  const show = (value) => {
    chosen = value ?? [];
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(chosen.includes(options[i]))));
  };
  return {
    element: h("div.field", null, h("span.label", null, label), list, line),
    show,
    fail: (errors) => tell(line, list, errors.map((one) => one.message).join(" ")),
  };
}
