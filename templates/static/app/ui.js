/** The small parts every page is made of: elements, avatars, dates, toasts, dialogs. Text never goes through HTML. */

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** An element: `h("p.small.muted", {id}, "text", child)`; `on…` are listeners, null and false leave an attribute out. */
export function h(kind, attributes, ...children) {
  const [tag, ...classes] = kind.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * The children of `place` for `items`, kept by `id`: what did not change is not touched, so that a list which is drawn
 * anew under somebody's finger does not swallow the click.
 */
export function keep(place, items, make) {
  for (const painted of [...place.children]) if (!painted.drawn) painted.remove(); // the server's first paint
  const before = new Map([...place.children].map((element) => [element.dataset.id, element]));
  items.forEach((item, index) => {
    const drawn = JSON.stringify(item);
    const old = before.get(item.id);
    const element = old?.drawn === drawn ? old : Object.assign(make(item), { drawn });
    element.dataset.id = item.id;
    if (element !== old) old?.replaceWith(element);
    before.delete(item.id);
    if (place.children[index] !== element) place.insertBefore(element, place.children[index] ?? null);
  });
  for (const gone of before.values()) gone.remove();
}

const SVG = "http://www.w3.org/2000/svg";
const ICONS = new URL("../icons.svg", import.meta.url).pathname;

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const icon = (name, size = "") =>
  svg("svg", { class: size ? "icon-s" : "icon", "aria-hidden": "true" }, svg("use", { href: `${ICONS}#${name}` }));

export const swatch = (color) =>
  svg(
    "svg",
    { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" },
    svg("rect", { width: 10, height: 10, rx: 3.2, fill: color || "#7c6cff" }),
  );

/* People */

export const initials = (name) => {
  const words = (name || "?").trim().split(/\s+/);
  return (words[0][0] + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase();
};

/** The same colour for the same person everywhere; the server counts alike. */
const tone = (id) => [...String(id)].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 8;

export const avatar = (person, size = "") =>
  h(
    `span.avatar.tone-${tone(person.id)}${size ? `.${size}` : ""}`,
    { title: person.name, role: "img", "aria-label": person.name },
    initials(person.name),
  );

export function stack(people, limit = 5, size = "") {
  const rest = people.length - limit;
  return h(
    "span.stack",
    null,
    people.slice(0, limit).map((person) => avatar(person, size)),
    rest > 0 && h(`span.avatar.more${size ? `.${size}` : ""}`, null, `+${rest}`),
  );
}

/** A tag, in its own colour. */
export const tagChip = (tag) => {
  const chip = h("span.chip.label", null, tag.name);
  if (tag.color) chip.prepend(swatch(tag.color));
  return chip;
};

/* Time */

const DAY = 86_400_000;
const startOfDay = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

/** A date or a moment as local time; a bare date is that day here, not midnight in Greenwich. */
export const local = (value) => new Date(/^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00` : value);
export const daysFromNow = (value) => Math.round((startOfDay(local(value)) - startOfDay(new Date())) / DAY);

/** A day, with its year where it is another one than this. */
export const day = (value) => {
  const date = local(value);
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString(undefined, { day: "numeric", month: "short", year });
};

/** A due date in words, and how alarming it is. */
export function due(value, done = false) {
  const days = daysFromNow(value);
  const near = { "-1": "Yesterday", 0: "Today", 1: "Tomorrow" }[days];
  const text = near ?? local(value).toLocaleDateString(undefined, { day: "numeric", month: "short" });
  return { text, tone: done ? "" : days < 0 ? "bad" : days <= 1 ? "warn" : "" };
}

export function dueChip(value, done = false) {
  if (!value) return null;
  const { text, tone: kind } = due(value, done);
  return h(`span.chip${kind ? `.${kind}` : ""}`, null, icon("calendar", "s"), text);
}

export function ago(value) {
  const seconds = Math.max(0, (Date.now() - new Date(value)) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(value).toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

export const moment = (value, attributes) => h("time", { datetime: value, ...attributes }, ago(value));

export const minutes = (count) => {
  const [hours, rest] = [Math.floor(count / 60), Math.round(count % 60)];
  return hours ? `${hours} h${rest ? ` ${rest} min` : ""}` : `${rest} min`;
};

/* Telling */

/** A line at the foot of the page; it goes by itself. */
export function toast(text, kind = "good") {
  const line = h(
    `div.toast.${kind}`,
    null,
    icon(kind === "bad" ? "urgent" : "check"),
    h("span", null, text),
    h("button", { type: "button", onclick: () => line.remove() }, "Dismiss"),
  );
  const place = $("#toasts");
  place.replaceChildren(line);
  if (place.matches(":popover-open")) place.hidePopover();
  place.showPopover(); // opened anew: the last one opened lies above every dialog
  setTimeout(() => line.remove(), kind === "bad" ? 9000 : 4000);
}

/** Say it to a screen reader. */
export const announce = (text) => ($("#announce").textContent = text);

/** A problem as a sentence for people. */
export function inWords(problem) {
  if (problem.status === 429)
    return `That was a lot at once. Please try again in ${problem.retryAfter ?? "a few"} seconds.`;
  const [first] = problem.errors ?? [];
  return first ? `${problem.message} ${first.message ?? ""}`.trim() : problem.message;
}

/** Tell a problem as a toast. Of a session that is over the sign-in page will tell. */
export const complain = (before) => (problem) =>
  problem.status === 401 ? undefined : toast(`${before} ${inWords(problem)}`.trim(), "bad");

/** Do it once, although an impatient hand may ask again meanwhile; a problem is told as a toast. */
export async function once(button, before, work) {
  if (button.disabled) return;
  button.disabled = true;
  try {
    await work();
  } catch (problem) {
    if (!problem.status && problem.code === undefined) console.error(problem);
    complain(before)(problem);
  } finally {
    button.disabled = false;
  }
}

/** A button that asks once more before it does what cannot be taken back. */
export function remover(label, before, work) {
  const text = h("span", null, label);
  const act = () => {
    if (button.dataset.sure) return once(button, before, work);
    button.dataset.sure = "yes";
    text.textContent = "Really delete it?";
    return undefined;
  };
  const button = h("button.button.quiet.small.danger", { type: "button", onclick: act }, icon("trash", "s"), text);
  return button;
}

/** Show the refusal of a form beside the fields it names. */
export function showErrors(form, problem) {
  for (const input of $$("[aria-invalid]", form)) input.removeAttribute("aria-invalid");
  const alert = $(".alert", form);
  const lines = (problem.errors ?? []).map((error) => {
    const input = form.elements[error.field];
    input?.setAttribute("aria-invalid", "true");
    return input ? `${input.labels?.[0]?.textContent ?? error.field}: ${error.message}` : error.message;
  });
  alert.textContent = problem.status === 429 ? inWords(problem) : lines.join(" ") || problem.message;
  alert.classList.remove("good");
  alert.hidden = false;
  $("[aria-invalid]", form)?.focus();
}

/** Opens and closes what hangs from a button; Escape and a click elsewhere close it. */
export function popover(button, panel, opened = () => {}) {
  const show = (open) => {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) opened();
  };
  button.addEventListener("click", () => show(panel.hidden));
  document.addEventListener("pointerdown", (event) => {
    if (!panel.hidden && !panel.contains(event.target) && !button.contains(event.target)) show(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    show(false);
    button.focus();
  });
}

/** Close a dialog by its buttons and by a click beside it. */
export function closable(dialog) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
  return dialog;
}

/** Wait until calls stop coming. */
export function calm(work, ms) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), ms);
  };
}
