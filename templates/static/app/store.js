/**
 * The board's tasks as this page knows them: what the server last said, and over it the moves it has not answered yet.
 * Rolling a move back is forgetting it. Tells "change" after anything that should be seen.
 */

const byRank = (a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : a.id < b.id ? -1 : 1);

export class Store extends EventTarget {
  project = null;
  columns = [];
  people = new Map();
  #tasks = new Map();
  #moves = new Map();
  #sent = new Map();
  #shown = new Map();
  #sorted = null; // by column, until the next change

  constructor(session) {
    super();
    this.session = session;
  }

  /** Take a snapshot; answers where it is true. */
  reset({ project, columns, epoch, seq }) {
    this.#tasks = new Map(columns.flatMap((column) => column.tasks).map((task) => [task.id, task]));
    this.setProject({ ...project, columns });
    return { epoch, seq };
  }

  setProject(project) {
    this.project = project;
    this.columns = project.columns.map(({ key, name, done }) => ({ key, name, done }));
    this.#changed();
  }

  setPeople(people) {
    this.people = new Map(people.map((person) => [person.id, person]));
    this.#changed();
  }

  /** A task as it is to be shown; the same object until something about it changes. */
  get(id) {
    const task = this.#tasks.get(id);
    if (!task) return undefined;
    const move = this.#moves.get(id);
    const known = this.#shown.get(id);
    if (known?.task === task && known.move === move) return known.value;
    const value = { ...task, ...move, pending: Boolean(move) };
    this.#shown.set(id, { task, move, value });
    return value;
  }

  all() {
    return [...this.#tasks.keys()].map((id) => this.get(id));
  }

  column(key) {
    if (!this.#sorted) {
      this.#sorted = new Map();
      for (const task of this.all().sort(byRank)) {
        if (!this.#sorted.has(task.status)) this.#sorted.set(task.status, []);
        this.#sorted.get(task.status).push(task);
      }
    }
    return this.#sorted.get(key) ?? [];
  }

  isDone(status) {
    return Boolean(this.columns.find((column) => column.key === status)?.done);
  }

  /** A task as the server has it now; an answer that was overtaken by a newer one is dropped. */
  put(task) {
    const known = this.#tasks.get(task.id);
    if (known && known.version > task.version) return;
    this.#tasks.set(task.id, { ...known, ...task });
    this.#changed();
  }

  drop(id) {
    this.#moves.delete(id);
    this.#shown.delete(id);
    if (this.#tasks.delete(id)) this.#changed();
  }

  /** Show a task somewhere without telling anyone yet: what a drag and the arrow keys do. */
  preview(id, status, index) {
    const above = this.column(status).filter((task) => task.id !== id)[index - 1];
    // Sorts right behind the card above: ranks are printable, so that nothing fits in between.
    this.#moves.set(id, { status, rank: above ? `${above.rank}\u0001` : "" });
    this.#changed();
  }

  /** Put it back where the server has it. */
  cancel(id) {
    if (this.#moves.delete(id)) this.#changed();
  }

  /** Tell the server where the task was put; on a refusal it goes back, and the problem is thrown. */
  async commit(id) {
    const move = this.#moves.get(id);
    const task = this.#tasks.get(id);
    if (!move || !task) return undefined;
    const column = this.column(move.status);
    const at = column.findIndex((one) => one.id === id);
    if (this.#same(task, move.status, at)) return this.cancel(id);
    const [above, below] = [column[at - 1], column[at + 1]];
    const place = below ? { before_id: below.id } : above ? { after_id: above.id } : {};
    // One after the other for the same card: the last place it was put at is where it stays.
    const turn = (this.#sent.get(id) ?? Promise.resolve())
      .catch(() => {})
      .then(() => this.session.patch(`/api/tasks/${id}/move`, { status: move.status, ...place }));
    this.#sent.set(id, turn);
    try {
      this.put(await turn);
    } finally {
      if (this.#moves.get(id) === move) this.cancel(id);
      if (this.#sent.get(id) === turn) this.#sent.delete(id);
    }
    return undefined;
  }

  #same(task, status, index) {
    const before = [...this.#tasks.values()].filter((one) => one.status === status).sort(byRank);
    return task.status === status && before.indexOf(task) === index;
  }

  #changed() {
    this.#sorted = null;
    this.dispatchEvent(new Event("change"));
  }
}
