/** What the pages of people and pipeline know of the team: who is in it, its tags, its own fields, and what I may do. */

import { calm } from "./ui.js";

const TAGS = 200;

export class Crew extends EventTarget {
  people = new Map();
  tags = new Map();
  #fields = [];
  #permissions = new Set();

  constructor(session) {
    super();
    this.session = session;
  }

  async load() {
    const [me, members, tags, fields] = await Promise.all([
      this.session.get("/api/auth/me"),
      this.session.get(`/api/teams/${this.session.team.id}/members?limit=200`),
      this.session.get(`/api/tags?limit=${TAGS}`),
      this.session.get("/api/settings/custom-fields?limit=200"),
    ]);
    this.#permissions = new Set(me.permissions);
    this.people = new Map(members.items.map(({ user }) => [user.id, user]));
    this.tags = new Map(tags.items.map((tag) => [tag.id, tag]));
    this.#fields = fields.items;
    this.dispatchEvent(new Event("change"));
  }

  may = (permission) => this.#permissions.has(permission);
  fields = (entity) => this.#fields.filter((one) => one.entity === entity).sort((a, b) => a.position - b.position);

  /** What the team's room tells; of what concerns this, all is asked for again. */
  hear = ({ type }) => {
    if (/^(member|tag|custom_field|team)\./.test(type)) this.#again();
  };

  #again = calm(() => this.load().catch(() => {}), 400); // the old knowledge is better than none
}
