/**
 * The cards of a board as this page knows them: what the server last said, and over it the moves it has not answered
 * yet. Rolling a move back is forgetting it. Tells "change" after anything that should be seen.
 *
 * A board of some kind of card extends it and says `place(item)`, the key of the column that the card is in;
 * `order(a, b)` within a column; `title(item)`; `moved(item, key, above)`, what a card that is put there looks like, or
 * null where it stays as it is; and `send(id, move, {above, below})`, which tells the server and answers the card as it
 * is then, or null where somebody thought better of it.
 */
export class Store extends EventTarget {
  columns = [];
  people = new Map();
  #items = new Map();
  #moves = new Map();
  #sent = new Map();
  #shown = new Map();
  #sorted = null; // by column, until the next change

  constructor(session) {
    super();
    this.session = session;
  }

  fill(items) {
    this.#items = new Map(items.map((item) => [item.id, item]));
    this.changed();
  }

  setPeople(people) {
    this.people = new Map(people.map((person) => [person.id, person]));
    this.changed();
  }

  /** A card as the server has it. */
  known = (id) => this.#items.get(id);

  /** A card as it is to be shown; the same object until something about it changes. */
  get(id) {
    const item = this.#items.get(id);
    if (!item) return undefined;
    const move = this.#moves.get(id);
    const known = this.#shown.get(id);
    if (known?.item === item && known.move === move) return known.value;
    const value = { ...item, ...move, pending: Boolean(move) };
    this.#shown.set(id, { item, move, value });
    return value;
  }

  all() {
    return [...this.#items.keys()].map((id) => this.get(id));
  }

  /** Whether the server is being told of a move: what it has is not where the card will be. */
  sending = (id) => this.#sent.has(id);

  /** The ids of the cards that are on their way. */
  moving = () => [...this.#moves.keys()];

  column(key) {
    if (!this.#sorted) {
      this.#sorted = new Map();
      for (const item of this.all().sort(this.order)) {
        const place = this.place(item);
        if (!this.#sorted.has(place)) this.#sorted.set(place, []);
        this.#sorted.get(place).push(item);
      }
    }
    return this.#sorted.get(key) ?? [];
  }

  /** A card as the server has it now; an answer that was overtaken by a newer one is dropped. */
  put(item) {
    const known = this.#items.get(item.id);
    if (known && known.version > item.version) return;
    this.#items.set(item.id, { ...known, ...item });
    this.changed();
  }

  drop(id) {
    this.#moves.delete(id);
    this.#shown.delete(id);
    if (this.#items.delete(id)) this.changed();
  }

  /** Show a card somewhere without telling anyone yet: what a drag and the arrow keys do. */
  preview(id, key, index) {
    const above = this.column(key).filter((item) => item.id !== id)[index - 1];
    const move = this.moved(this.#items.get(id), key, above);
    if (!move) return this.cancel(id);
    this.#moves.set(id, move);
    return this.changed();
  }

  /** Put it back where the server has it. */
  cancel(id) {
    if (this.#moves.delete(id)) this.changed();
  }

  /** Tell the server where the card was put; on a refusal it goes back, and the problem is thrown. */
  async commit(id) {
    const move = this.#moves.get(id);
    const item = this.get(id);
    if (!move || !item) return;
    const column = this.column(this.place(item));
    const at = column.findIndex((one) => one.id === id);
    if (!this.sending(id) && this.#stays(id, at)) return void this.cancel(id);
    const around = { above: column[at - 1], below: column[at + 1] };
    // One after the other for the same card: the last place it was put at is where it stays.
    const turn = (this.#sent.get(id) ?? Promise.resolve()).catch(() => {}).then(() => this.send(id, move, around));
    this.#sent.set(id, turn);
    try {
      const now = await turn;
      if (now) this.put(now);
    } finally {
      if (this.#moves.get(id) === move) this.cancel(id);
      if (this.#sent.get(id) === turn) this.#sent.delete(id);
    }
  }

  /** Whether it was put back to where the server has it. */
  #stays(id, index) {
    const item = this.#items.get(id);
    const key = this.place(item);
    if (key !== this.place(this.get(id))) return false;
    const before = [...this.#items.values()].filter((one) => this.place(one) === key).sort(this.order);
    return before.indexOf(item) === index;
  }

  changed() {
    this.#sorted = null;
    this.dispatchEvent(new Event("change"));
  }
}
