/** The search box of every page: one question over all kinds of records, each hit a way to its page. */

import { $, calm, closable, complain, h, icon } from "./ui.js";

// What each kind looks like, and where its records are; a task's board is asked for when it is wanted.
const KINDS = {
  contact: { name: "Contact", glyph: "contacts", to: (id) => `/contacts/${id}` },
  company: { name: "Company", glyph: "company", to: (id) => `/companies/${id}` },
  lead: { name: "Lead", glyph: "pipeline", to: (id) => `/pipeline?lead=${id}` },
  project: { name: "Project", glyph: "grid", to: (id) => `/projects/${id}` },
  task: { name: "Task", glyph: "work" },
  note: { name: "Note", glyph: "note" },
  comment: { name: "Comment", glyph: "chat" },
};

/** The record that a hit leads to: a note or a comment is read where it hangs. */
const place = ({ kind, id, subject }) => subject ?? { kind, id };

/** Text with marks, and nothing else of what HTML can be. */
function marked(snippet) {
  const parsed = new DOMParser().parseFromString(snippet, "text/html").body;
  return [...parsed.childNodes].map((node) => (node.nodeName === "MARK" ? h("mark", null, node.textContent) : node.textContent));
}

export function finder(session) {
  const dialog = closable($("#finder"));
  const input = $("#finder-q");
  const list = $("#finder-list");
  const told = $("#finder-told");
  let hits = [];
  let at = -1;
  let turn = 0;

  const open = () => {
    if ($("dialog[open]")) return;
    dialog.showModal();
    input.select();
    input.focus();
  };

  async function go(hit) {
    const { kind, id } = place(hit);
    const known = KINDS[kind].to?.(id);
    if (known) return location.assign(known);
    const task = await session.get(`/api/tasks/${id}`);
    return location.assign(task.project_id ? `/projects/${task.project_id}?task=${id}` : "/my-work");
  }

  const choose = (hit) => go(hit).catch(complain("It did not open."));

  function point(to) {
    at = to;
    [...list.children].forEach((line, i) => line.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) {
      input.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function draw(words) {
    const line = (hit, i) => {
      const { name, glyph } = KINDS[hit.kind];
      return h(
        "li.hit",
        { role: "option", id: `hit-${i}`, "aria-selected": "false", onclick: () => choose(hit) },
        h("span.glyph", null, icon(glyph)),
        h("span.hit-text", null, h("b.cut", null, hit.title), h("span.small.muted.cut", null, ...marked(hit.snippet))),
        h("span.chip", null, name),
      );
    };
    list.replaceChildren(...hits.map(line));
    input.setAttribute("aria-expanded", String(hits.length > 0));
    told.textContent = hits.length || !words ? "" : "Nothing found. Each word may be the beginning of one.";
    point(hits.length ? 0 : -1);
  }

  const look = calm(async () => {
    const mine = ++turn;
    const words = input.value.trim();
    const query = new URLSearchParams({ q: words, kinds: Object.keys(KINDS).join(), limit: 12 });
    const problem = complain("Nothing was searched.");
    const found = words ? await session.get(`/api/search?${query}`).catch(problem) : null;
    const items = found?.items ?? [];
    if (mine !== turn) return; // a later question was asked meanwhile
    hits = items.filter((hit) => KINDS[place(hit).kind]);
    draw(words);
  }, 180);

  input.addEventListener("input", () => look());
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && hits.length) point((at + step + hits.length) % hits.length);
    else if (event.key === "Enter" && hits[at]) choose(hits[at]);
    else return;
    event.preventDefault();
  });
  $("#finder-button").addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, dialog");
    const asked = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
    if (!asked && (event.key !== "/" || typing)) return;
    event.preventDefault();
    if (!asked && $("#q")) $("#q").focus(); // the slash is for the page's own list, where it has one
    else open();
  });
}
