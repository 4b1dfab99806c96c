/** Who read what: each section with the time it had, by whom, and each visit with how sure it is that it was a person. */

import { length } from "./proposal-states.js";
import { $, avatar, day, h, icon, keep, local } from "./ui.js";

const SURE = {
  high: ["A person", ".good", "The window had the focus for some seconds"],
  low: ["Probably a person", "", "Not long enough to be sure"],
  none: ["A program", ".plain", "A mail scanner or a link preview, by what it calls itself; it counts for nothing"],
};
const SYSTEMS = [["iPhone", /iPhone/], ["iPad", /iPad/], ["Android", /Android/], ["Windows", /Windows/], ["Mac", /Mac OS X/], ["Linux", /Linux/]];
const BROWSERS = [["Edge", /Edg/], ["Firefox", /Firefox/], ["Chrome", /Chrom/], ["Safari", /Safari/]];

const found = (names, text) => names.find(([, pattern]) => pattern.test(text))?.[0];
const device = (agent) => [found(BROWSERS, agent), found(SYSTEMS, agent)].filter(Boolean).join(" on ") || agent.slice(0, 40) || "Unknown";
const time = (ms) => length(Math.round(ms / 1000));

export class ReadingMap {
  #visits = [];
  #proposal = null;
  #more = ""; // behind the number of visits, where there are more than are shown

  constructor({ session, path }) {
    Object.assign(this, { session, path });
    this.sections = null; // of the version that was sent last, with their titles
  }

  async load() {
    const [visits, version] = await Promise.all([this.session.get(`${this.path}/views?limit=200`), this.#version()]);
    this.sections = version;
    this.#visits = visits.items;
    this.#more = visits.next_cursor ? "+" : "";
    this.draw(this.#proposal);
  }

  /** What recipients have before them; it never changes, a newer version is another one. */
  async #version() {
    const sent = this.#proposal?.number ? this.#proposal.version_number - (this.#proposal.status === "draft" ? 1 : 0) : 0;
    if (sent < 1 || this.number === sent) return this.sections;
    const { document } = await this.session.get(`${this.path}/versions/${sent}`);
    this.number = sent;
    const parts = document.sections.map(({ key, title, kind }) => ({ key, title: title || (kind === "cover" ? "Cover" : "Without a title") }));
    return document.terms ? [...parts, { key: "terms", title: "Terms" }] : parts;
  }

  draw(proposal) {
    if (!proposal) return;
    this.#proposal = proposal;
    const people = this.#visits.filter((one) => one.confidence !== "none");
    const rows = this.#rows(people.filter((one) => one.version_number === this.number));
    keep($("#map"), rows, section);
    $("#map-none").hidden = rows.length > 0;
    $("#map-none").textContent = proposal.number ? "It has no sections." : "It is not sent yet. Here you will see, as it happens, which section is read, for how long, and by whom.";
    $("#map-facts").textContent = this.number ? `Version ${this.number}` : "";
    const counted = `${people.length}${this.#more} ${people.length === 1 ? "visit" : "visits"}`;
    const programs = this.#visits.length - people.length;
    $("#visit-facts").hidden = this.#visits.length === 0;
    $("#visit-facts").textContent = programs ? `${counted}, ${programs} by programs` : counted;
    $("#visits-none").hidden = this.#visits.length > 0;
    keep($("#visits"), this.#visits, visit);
  }

  /** A row for each section: the time it was in sight, by whom, in how many visits. */
  #rows(visits) {
    const rows = (this.sections ?? []).map(({ key, title }) => {
      const times = visits.flatMap((one) => {
        const read = one.sections.find((part) => part.key === key);
        return read ? [{ ...one.recipient, ms: read.visible_ms, focused: read.focused_ms }] : [];
      });
      const by = new Map();
      for (const { id, name, ms } of times) by.set(id, { id, name, ms: (by.get(id)?.ms ?? 0) + ms });
      const sum = (name) => times.reduce((all, one) => all + one[name], 0);
      return { id: key, title, ms: sum("ms"), focused: sum("focused"), by: [...by.values()], visits: times.length };
    });
    const most = Math.max(1, ...rows.map((one) => one.ms));
    return rows.map((one) => ({ ...one, most }));
  }
}

/** Who read it, and for how long. */
function face(one) {
  const words = `${one.name}: ${time(one.ms)}`;
  const element = avatar(one, "little");
  element.title = words;
  element.ariaLabel = words;
  return element;
}

function section({ id, title, ms, focused, by, visits, most }) {
  const words = ms ? `${time(ms)}, ${visits} ${visits === 1 ? "visit" : "visits"}` : "not read";
  const hint = ms ? `${time(focused)} of it with the window in use` : null;
  return h(
    "li.map-row",
    { "data-id": id, "data-ms": ms },
    h("span.map-title.cut", null, title),
    h("progress.meter", { max: most, value: ms, "aria-label": `${title}: ${words}` }),
    h("span.map-by", null, by.map(face)),
    h(`span.map-time${ms ? "" : ".muted"}`, { title: hint }, words),
  );
}

const clock = (at) => local(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });

function visit(one) {
  const [sure, tone, why] = SURE[one.confidence];
  return h(
    "li.visit",
    { "data-id": one.id, "data-confidence": one.confidence },
    avatar(one.recipient, "little"),
    h(
      "div",
      null,
      h("b", null, one.recipient.name),
      h("span.small.muted", null, `${day(one.started_at)}, ${clock(one.started_at)} · ${device(one.user_agent)} · version ${one.version_number}`),
    ),
    h(
      "span.visit-facts",
      null,
      one.reading_now && h("span.reading.small", null, h("span.pulse"), "now"),
      h("span.chip", { title: "In sight" }, icon("clock", "s"), time(one.visible_ms)),
      h("span.chip", { title: "How far down the page" }, icon("down", "s"), `${one.scrolled} %`),
      one.downloaded_at && h("span.chip.info", { title: `PDF downloaded at ${clock(one.downloaded_at)}` }, icon("download", "s"), "PDF"),
      one.forwarded && h("span.chip.warn", { title: "The link was opened on another device before" }, icon("people", "s"), "Second device"),
      h(`span.chip${tone}`, { title: why }, sure),
    ),
  );
}
