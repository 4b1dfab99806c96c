/** A long list of records as a table: drawn page by page as one scrolls, of each row only the cells that changed. */

import { h, icon } from "./ui.js";

/**
 * `columns` are `{key, label, sort, look(record), cell(record)}`: `look` is what the cell depends on. The first is the
 * row's link. `sorted(key)` hears which column's head was pressed, `opened(id)` which row.
 */
export class Table {
  #rows = new Map();
  #columns = [];

  constructor(root, { to, sorted, opened }) {
    Object.assign(this, { root, to, sorted });
    this.head = h("div.tr.th", { role: "row" });
    this.body = h("div.tbody", { role: "rowgroup" });
    root.replaceChildren(h("div.thead", { role: "rowgroup" }, this.head), this.body);
    this.body.addEventListener("click", (event) => {
      const line = event.target.closest(".tr");
      const other = event.target.closest("a:not(.row-link)");
      if (!line || other || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      opened(line.dataset.id);
    });
    this.body.addEventListener("keydown", (event) => this.#go(event));
  }

  get size() {
    return this.#rows.size;
  }

  all = () => [...this.#rows.values()].map((row) => row.record);
  get = (id) => this.#rows.get(id)?.record;

  /** Show these columns, in the order of `sort` (a leading `-` is descending). */
  setColumns(columns, sort) {
    const same = columns.length === this.#columns.length && columns.every((one, i) => one.key === this.#columns[i].key);
    this.#columns = columns;
    this.root.dataset.columns = columns.length;
    this.root.style.setProperty("--columns", columns.map((one) => one.width ?? "minmax(88px, 1fr)").join(" "));
    if (!same) this.head.replaceChildren(...columns.map((one) => this.#title(one)));
    columns.forEach((one, i) => this.#mark(this.head.children[i], one, sort));
    if (!same) for (const row of this.#rows.values()) this.#fill(row, true);
  }

  #title({ key, label, sort }) {
    const title = sort
      ? h("button.sort", { type: "button", onclick: () => this.sorted(sort) }, label, icon("down", "s"))
      : h("span", null, label);
    return h("span.td", { role: "columnheader", "data-column": key }, title);
  }

  #mark(title, { sort }, now) {
    const by = sort && (now === sort ? "ascending" : now === `-${sort}` ? "descending" : "none");
    if (by) title.setAttribute("aria-sort", by);
    title.querySelector("use")?.setAttribute("href", icon(by === "ascending" ? "up" : "down").firstChild.getAttribute("href"));
  }

  /** These records and no others; rows that are there already stay what they are. */
  reset(records) {
    const kept = new Map(records.map((record) => [record.id, this.#row(record)]));
    for (const [id, row] of this.#rows) if (!kept.has(id)) row.element.remove();
    this.#rows = kept;
    let at = this.body.firstElementChild;
    for (const { element } of kept.values()) {
      if (element === at) at = at.nextElementSibling;
      else this.body.insertBefore(element, at);
    }
    while (this.body.children.length > kept.size) this.body.lastElementChild.remove();
  }

  append(records) {
    for (const record of records.filter(({ id }) => !this.#rows.has(id))) this.body.append(this.#add(record).element);
  }

  /** A record that comes to a list of the newest first. */
  insert(record) {
    const { element } = this.#add(record);
    const older = [...this.#rows.values()].find((row) => row.element !== element && row.record.created_at < record.created_at);
    this.body.insertBefore(element, older?.element ?? null);
    element.classList.add("fresh");
  }

  /** A newer version of a record that is shown; what is older than that is dropped. */
  put(record) {
    const row = this.#rows.get(record.id);
    if (!row || row.record.version > record.version) return;
    row.record = { ...row.record, ...record };
    if (this.#fill(row)) this.#glow(row.element);
  }

  remove(id) {
    this.#rows.get(id)?.element.remove();
    this.#rows.delete(id);
  }

  /** What cells depend on beside their records has changed: names of people, of companies. */
  refresh() {
    for (const row of this.#rows.values()) this.#fill(row);
  }

  #add(record) {
    const row = this.#row(record);
    this.#rows.set(record.id, row);
    return row;
  }

  #row(record) {
    const known = this.#rows.get(record.id);
    const row = known ?? { element: h("div.tr", { role: "row", "data-id": record.id }), looks: [] };
    if (!known || known.record.version <= record.version) row.record = record; // a page may be older than a fact
    this.#fill(row, !known);
    return row;
  }

  /** Draw the cells that look otherwise than before; a pressed one must not be replaced for nothing. */
  #fill(row, anew = false) {
    const { element, record } = row;
    if (anew) {
      const link = h("a.row-link", { href: this.to(record.id) });
      element.replaceChildren(
        ...this.#columns.map(({ key }, i) => h("span.td", { role: "cell", "data-column": key }, ...(i ? [] : [link]))),
      );
      row.looks = [];
    }
    const looks = this.#columns.map((column) => JSON.stringify(column.look(record)));
    const changed = this.#columns.map((column, i) => looks[i] !== row.looks[i] && this.#cell(element.children[i], column, record));
    row.looks = looks;
    return !anew && changed.some(Boolean);
  }

  #cell(cell, column, record) {
    const place = cell.querySelector(".row-link") ?? cell;
    place.replaceChildren(...[column.cell(record)].flat().filter(Boolean));
    return true;
  }

  #glow(element) {
    element.classList.remove("fresh");
    void element.offsetWidth; // or the animation would not start again
    element.classList.add("fresh");
  }

  #go(event) {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const next = step && event.target.closest(".tr")?.[step];
    if (!next) return;
    event.preventDefault();
    next.querySelector(".row-link").focus();
  }
}
