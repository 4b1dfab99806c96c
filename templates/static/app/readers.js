/** Who reads which proposal at this moment: told by facts, over when they leave or nothing is heard of them any more. */

const SILENT_MS = 32_000; // a page that goes on being read says so every fifteen seconds

/** Tells "gone" with the proposal's id in `detail` when a reader's signs have stopped. */
export class Readers extends EventTarget {
  #visits = new Map(); // by id: {proposal, name, section, timer}

  /** What REST says of a proposal: these and no others. */
  set(proposal, readers) {
    for (const [id, one] of this.#visits) if (one.proposal === proposal) this.#drop(id);
    for (const { visit_id: id, name, section } of readers) this.#put(id, { proposal, name, section });
  }

  /** A `proposal.viewed`; answers whether somebody came who was not there. */
  hear({ subject, detail }) {
    const { visit_id: id, name, section, reading } = detail;
    const known = this.#visits.get(id);
    if (reading) this.#put(id, { proposal: subject.id, name, section: section ?? known?.section ?? null });
    else this.#drop(id);
    return reading && !known;
  }

  /** `[{name, section}]`, each person once, by who came first. */
  of(proposal) {
    const all = [...this.#visits.values()].filter((one) => one.proposal === proposal);
    return [...new Map(all.map(({ name, section }) => [name, { name, section }])).values()];
  }

  #put(id, visit) {
    clearTimeout(this.#visits.get(id)?.timer);
    const timer = setTimeout(() => {
      this.#drop(id);
      this.dispatchEvent(new CustomEvent("gone", { detail: visit.proposal }));
    }, SILENT_MS);
    this.#visits.set(id, { ...visit, timer });
  }

  #drop(id) {
    clearTimeout(this.#visits.get(id)?.timer);
    this.#visits.delete(id);
  }
}

/** A section of a proposal by its key, as the client sees it called. */
export function sectionName(proposal, key) {
  if (key === null) return null;
  const title = proposal.sections.find((one) => one.key === key)?.title;
  return title || { terms: "Terms" }[key] || key;
}

/** `Ida Holm is reading “Prices”` */
export function inWords(proposal, readers) {
  return readers
    .map(({ name, section }) => `${name} is reading${section === null ? "" : ` “${sectionName(proposal, section)}”`}`)
    .join(", ");
}
