/** A list that the server searches, filters and sorts, asked for page by page as one scrolls, and live in between. */

import { $, $$, announce, calm, complain, once } from "./ui.js";

const FIRST_PAGE = 60;
const NEXT_PAGE = 150;
const NEWEST = "-created_at";

/**
 * `kind` and `kinds` are what one and many are called; `asks` names what the address keeps: words, filters, order.
 * Hooks: `prepare(records)` before a page is drawn, `columns()`, `apply(event)` for what was heard while a page was on
 * its way, `fits(record)` whether one belongs here as far as a page can tell, `put(record)` for one that is shown;
 * `none` are the words below an empty list.
 */
export class Endless {
  #turn = 0;
  #cursor = null;
  #early = null; // what was heard while a page was on its way, and may be younger than the page
  #coming = new Map(); // new ones that are being prepared, as they were heard of last
  total = 0;
  missed = 0; // new ones that are not shown

  constructor({ session, table, kind, kinds, asks, include, address, ...hooks }) {
    const given = [...new URLSearchParams(location.search)].filter(([name]) => asks.includes(name) || name === "sort");
    Object.assign(this, { session, table, kind, kinds, include, address, ...hooks });
    this.asked = new URLSearchParams(given);
    this.reload = calm(() => this.load().catch(complain(`The ${kinds} did not load.`)), 200);
    this.quietly = calm(() => this.load().catch(() => {}), 800); // what is shown is right but for a name or a colour
    this.#controls();
  }

  get sort() {
    return this.asked.get("sort") ?? NEWEST;
  }

  #query(more) {
    const sent = new URLSearchParams(this.asked);
    const { sort, include } = this;
    for (const [name, value] of Object.entries({ sort, limit: FIRST_PAGE, include, ...more })) sent.set(name, value);
    return this.session.get(`/api/${this.kinds}?${sent}`);
  }

  async load() {
    const mine = ++this.#turn;
    this.#early = [];
    const main = $("#main");
    main.setAttribute("aria-busy", "true");
    try {
      const page = await this.#query({ total: true });
      await this.prepare?.(page.items);
      if (mine !== this.#turn) return; // a later question was asked meanwhile
      this.table.setColumns(this.columns(), this.sort);
      this.table.reset(page.items);
      $("#bones")?.remove();
      this.#cursor = page.next_cursor;
      [this.total, this.missed] = [page.total, 0];
      this.#coming.clear();
      this.head();
      this.#early.splice(0).forEach(this.apply);
    } finally {
      if (mine === this.#turn) {
        this.#early = null;
        main.setAttribute("aria-busy", "false");
      }
    }
    if (near()) this.further();
  }

  /** The next page, when its place comes near. */
  async further() {
    const mine = this.#turn;
    if (!this.#cursor || this.#early) return;
    this.#early = [];
    try {
      const page = await this.#query({ cursor: this.#cursor, limit: NEXT_PAGE });
      await this.prepare?.(page.items);
      if (mine !== this.#turn) return;
      this.table.append(page.items);
      this.#cursor = page.next_cursor;
      this.head();
      this.#early.splice(0).filter(({ subject }) => this.table.get(subject.id)).forEach(this.apply);
    } catch (problem) {
      complain("No more were loaded.")(problem);
      await new Promise((done) => setTimeout(done, 2000));
    } finally {
      if (mine === this.#turn) this.#early = null;
    }
    if (near()) this.further();
  }

  /** A fact, before it is applied. */
  heard = (event) => this.#early?.push(event);

  /* Around the rows */

  count = (number, noun = number === 1 ? this.kind : this.kinds) => `${number.toLocaleString()} ${noun}`;

  head() {
    const { table, missed, total, kind, kinds } = this;
    const searched = [...this.asked.keys()].some((name) => name !== "sort");
    $("#facts").textContent = this.count(total);
    $("#more").hidden = !this.#cursor;
    $("#table").hidden = table.size === 0;
    $("#none").hidden = table.size > 0;
    $("#none h2").textContent = searched ? "Nothing found" : `No ${kind} yet`;
    $("#none p").textContent = searched ? "Try other words, or fewer filters." : this.none;
    $("#news").hidden = missed === 0;
    $("#news").textContent = `${this.count(missed, `new ${missed === 1 ? kind : kinds}`)}: show`;
  }

  ask(name, value) {
    if (value) this.asked.set(name, value);
    else this.asked.delete(name);
    history.replaceState(null, "", this.address(null));
    scrollTo(0, 0);
    const told = () => name === "q" && announce(`${this.count(this.total)} found.`);
    return this.load().then(told, complain(`The ${this.kinds} did not load.`));
  }

  sortBy = (key) => {
    const now = this.sort;
    const down = now === key || (now !== `-${key}` && key === "created_at");
    this.ask("sort", down ? `-${key}` : key);
  };

  #controls() {
    for (const control of $$(".tools [name]")) {
      const [isBox, isSearch] = [control.type === "checkbox", control.type === "search"];
      if (isBox) control.checked = this.asked.has(control.name);
      else control.value = this.asked.get(control.name) ?? "";
      const change = () => this.ask(control.name, isBox && !control.checked ? "" : control.value.trim());
      control.addEventListener(isSearch ? "input" : "change", calm(change, isSearch ? 220 : 0));
    }
    $("#news").addEventListener("click", (event) => once(event.currentTarget, "", () => (scrollTo(0, 0), this.load())));
    // Not an observer: it says nothing when the end is left and reached again within a frame, as with the End key.
    for (const type of ["scroll", "resize"])
      addEventListener(type, () => near() && this.further(), { passive: true });
  }

  /* What is heard */

  gone(id) {
    if (!this.#coming.delete(id) && !this.table.get(id)) return;
    this.table.remove(id);
    this.total -= 1;
    this.head();
  }

  /** Whether it will be shown in a moment: what is heard of it meanwhile must not be lost. */
  awaits = (id) => this.#coming.has(id);

  /** One that is shown already, or a new one; nothing moves under a hand. */
  async come(record) {
    const { id } = record;
    if (this.table.get(id)) return void this.put(record);
    if (this.awaits(id)) return void this.#coming.set(id, record);
    if (!this.fits(record)) return;
    if (this.asked.has("q")) return void this.quietly();
    this.total += 1;
    const busy = scrollY > 40 || $("#table").matches(":hover, :focus-within");
    const shows = this.sort === NEWEST && !busy;
    if (!shows) this.missed += 1;
    this.head();
    if (!shows) return;
    this.#coming.set(id, record);
    await this.prepare?.([record]);
    const heard = this.#coming.get(id);
    if (!heard) return; // it went again
    this.table.insert(heard.version < record.version ? record : { ...record, ...heard });
    if (this.fits(this.table.get(id))) this.#coming.delete(id);
    else this.gone(id);
    this.head();
  }
}

const near = () => $("#more").getBoundingClientRect().top < innerHeight + 800;
