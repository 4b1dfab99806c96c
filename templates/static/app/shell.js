/** What every signed-in page has: the session, the socket, the light, the bell and the account menu. */

import { Live, Session } from "../mediaflow.js";
import { finder } from "./finder.js";
import { $, announce, avatar, calm, complain, h, icon, moment, popover, swatch, toast } from "./ui.js";

const WORDS = { live: "Live", "catching-up": "Catching up", offline: "Offline" };

const toSignIn = () => location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);

/** Whose team has let go of them goes on in their other one; who is in none begins one on the team's page. */
function stayInTeam(session) {
  let began;
  session.addEventListener("renewed", () => {
    const now = session.team?.id ?? null;
    if (began === undefined) began = now;
    if (now !== began) location.assign(now ? "/projects" : "/settings");
    else if (now === null && location.pathname !== "/settings") location.assign("/settings");
  });
}

/**
 * Start a page. The session is on its way when this answers, and calls wait for it: the page's buttons work at once.
 * Who has none goes to the sign-in page. `own` hears the facts of the person's own room, from the moment that `fresh`
 * tells on; when the log cannot bridge a gap, `fresh` tells again.
 */
export function start({ own = () => {}, fresh = () => {} } = {}) {
  const session = new Session();
  const live = new Live(session);
  session.addEventListener("ended", toSignIn);
  stayInTeam(session);
  light(live);
  menu(session);
  bell(session, live, { own, fresh });
  rail(session);
  enter(session, live);
  finder(session);
  return { session, live };
}

async function enter(session, live) {
  await persist(() => session.token());
  const { user, team } = session;
  const names = h("span", null, h("b", null, user.name), h("span.small.muted", null, team?.name ?? "No team"));
  $("#me").replaceChildren(avatar(user, "large"), names);
  if (team) live.connect();
}

/** Do it, again and again while the network or the server is away; a clear no is told once. */
export async function persist(work, before = "") {
  for (;;) {
    try {
      return await work();
    } catch (problem) {
      complain(before)(problem);
      if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) return new Promise(() => {});
      await new Promise((done) => setTimeout(done, 1000 * (problem.retryAfter ?? 2)));
    }
  }
}

/** In the page's place: it is not theirs to see. `what` is its name and verb, such as `Proposals are`. */
export function closedTo(what) {
  const words = [h("h2", null, `${what} closed to you`), h("p", null, "Ask an admin of your team for it.")];
  const empty = h("div.empty", null, h("span.glyph", null, icon("lock")), ...words);
  $("#main").replaceWith(h("main.page", { id: "main" }, empty));
}

function light(live) {
  const lamp = $("#light");
  // A blink of a second is no news: going down is shown at once, but said aloud only when it lasts.
  const say = calm((state) => announce(state === "live" ? "You are live again." : `${WORDS[state]}.`), 1500);
  let first = true;
  const show = () => {
    lamp.dataset.state = live.state;
    lamp.firstElementChild.textContent = WORDS[live.state];
    lamp.title = live.degraded ? "Changes may take up to a second longer at the moment." : "";
    if (!first) say(live.state);
    if (live.state === "live") first = false;
  };
  live.addEventListener("state", show);
  live.addEventListener("degraded", show);
}

function menu(session) {
  popover($("#me"), $("#me-menu"), () => teams(session).catch(complain("Your teams did not load.")));
  $("#sign-out").addEventListener("click", () => session.signOut().catch(complain("You are still signed in.")));
}

/** The other teams of this person; to choose one is to start again there. */
async function teams(session) {
  const { items } = await session.get("/api/teams");
  const others = items.filter((one) => one.id !== session.team?.id);
  const go = (one) => session.post(`/api/teams/${one.id}/switch`).then(() => location.assign("/projects"));
  const choice = (one) => h("button.rail-link", { type: "button", onclick: () => go(one) }, icon("people"), one.name);
  $("#teams").replaceChildren(...others.map(choice));
}

async function rail(session) {
  const list = $("#rail-projects");
  if (list.children.length) return; // the first paint has them
  const { items } = await session.get("/api/projects?status=active&sort=name&limit=30").catch(() => ({ items: [] }));
  list.replaceChildren(
    ...items.map((project) => {
      const here = location.pathname === `/projects/${project.id}` && "page";
      const link = h("a.rail-link", { href: `/projects/${project.id}`, "aria-current": here });
      link.append(swatch(project.color), h("span", null, project.name));
      return h("li", null, link);
    }),
  );
}

/* Notifications: loaded when joined, then each by its event in the person's own room */

function bell(session, live, { own, fresh }) {
  const notices = new Map();
  let unread = 0;
  const draw = () => {
    const badge = $("#unread");
    badge.hidden = unread === 0;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    $("#bell").setAttribute("aria-label", unread ? `Notifications, ${unread} unread` : "Notifications");
    const rows = [...notices.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1)).slice(0, 30);
    $("#notice-list").replaceChildren(...(rows.length ? rows.map((one) => row(one, read)) : [nothing()]));
  };
  const load = async () => {
    const [page, count] = await Promise.all([
      session.get("/api/notifications?limit=30"),
      session.get("/api/notifications/unread-count"),
    ]);
    for (const one of page.items) notices.set(one.id, one);
    unread = count.count;
    draw();
  };
  const reload = calm(() => load().catch(() => {}), 300);
  const read = async (one) => {
    if (!one.read_at) await session.patch(`/api/notifications/${one.id}/read`).catch(complain("Not marked as read."));
    location.assign(whereTo(one));
  };
  const apply = (event) => {
    own(event);
    if (!event.type.startsWith("notification.")) return;
    if (event.type === "notification.created" && event.data.title) toast(event.data.title);
    reload();
  };
  popover($("#bell"), $("#notices"), draw);
  $("#read-all").addEventListener("click", () =>
    session.post("/api/notifications/read-all").then(load, complain("Not marked as read.")),
  );
  live.addEventListener(
    "ready",
    ({ detail }) => {
      const room = Object.keys(detail.rooms ?? {}).find((name) => name.startsWith("member:"));
      if (room) live.follow(room, { fresh: () => (reload(), fresh()), apply });
    },
    { once: true },
  );
}

const PLACES = { proposal: "/proposals/", lead: "/pipeline?lead=", contact: "/contacts/", company: "/companies/" };

/** Where the thing is that a notification is about. */
function whereTo({ subject, project_id: project }) {
  if (PLACES[subject.kind]) return PLACES[subject.kind] + subject.id;
  if (!project) return "/my-work";
  return subject.kind === "task" ? `/projects/${project}?task=${subject.id}` : `/projects/${project}`;
}

const nothing = () => h("p.empty", null, "You are up to date.");

function row(one, read) {
  return h(
    `button.notice${one.read_at ? "" : ".unread"}`,
    { type: "button", onclick: () => read(one) },
    h("span.dot", { "aria-hidden": "true" }),
    h(
      "span",
      null,
      h("b", null, one.title),
      one.body && h("p", null, one.body),
      moment(one.created_at, { class: "small muted" }),
    ),
  );
}
