/** The team's page: who is in it, who is asked to join; and for who is in none, a team to begin with. */

import { persist, start } from "./shell.js";
import { sure } from "./sure.js";
import { $, $$, avatar, calm, complain, h, icon, keep, moment, once, showErrors, toast } from "./ui.js";

const ROLES = ["member", "manager", "admin", "owner"]; // each may do what the ones before it may
const NAMES = { member: "Member", manager: "Manager", admin: "Admin", owner: "Owner" };

const reload = calm(() => load().catch(complain("The team did not load.")), 200);
const { session, live } = start({ own: () => reload() });
let me = null;

const can = (permission) => me.permissions.includes(permission);
const mayGive = (role) => ROLES.indexOf(role) <= ROLES.indexOf(me.role);
const path = (rest = "") => `/api/teams/${session.team.id}${rest}`;
const options = (chosen) =>
  ROLES.filter(mayGive).map((role) => h("option", { value: role, selected: role === chosen }, NAMES[role]));

/* Who is in the team */

function person(one) {
  const mine = one.user_id === session.user.id;
  const name = h("b", null, one.user.name);
  const free = can("members:manage") && mayGive(one.role);
  return h(
    "div.row",
    { "data-user": one.user_id },
    avatar(one.user, "large"),
    h(
      "div.row-main",
      null,
      h("div.row-sub", null, name, mine && h("span", null, "(you)"), one.online && h("span.chip.good", null, "Online")),
      h("div.row-sub", null, h("span.cut", null, one.user.email)),
    ),
    h(
      "div.row-end",
      null,
      free ? roleOf(one) : h("span.chip", null, NAMES[one.role]),
      free && !mine && remover(`Remove ${one.user.name}`, "trash", () => remove(one)),
    ),
  );
}

function roleOf(one) {
  const change = async (event) => {
    try {
      await session.patch(path(`/members/${one.user_id}/role`), { role: event.target.value });
      toast(`${one.user.name} is ${NAMES[event.target.value].toLowerCase()} now.`);
    } catch (problem) {
      complain("The role stays.")(problem);
      event.target.value = one.role;
    }
    reload();
  };
  return h("select.input", { "aria-label": `Role of ${one.user.name}`, onchange: change }, ...options(one.role));
}

const remover = (label, glyph, onclick) =>
  h("button.icon-button", { type: "button", "aria-label": label, title: label, onclick }, icon(glyph));

async function remove(one) {
  const text = "They lose access at once, and their tasks are nobody's. What they wrote stays.";
  if (!(await sure(`Remove ${one.user.name} from the team?`, text, "Remove"))) return;
  await session.remove(path(`/members/${one.user_id}`)).then(reload, complain(`${one.user.name} is still here.`));
}

async function leave() {
  const text = "You lose access to its projects at once. Only an invitation brings you back.";
  if (!(await sure(`Leave ${session.team.name}?`, text, "Leave"))) return;
  await session.post(path("/leave"));
  await session.renew(); // to another team of mine, or to none
  location.assign("/projects");
}

/* Who is asked to join */

function guest(one) {
  const late = new Date(one.expires_at) < new Date();
  const again = (event) =>
    once(event.currentTarget, "The invitation was not sent.", async () => {
      await session.post(path(`/invitations/${one.id}/resend`));
      toast(`Sent to ${one.email} again.`);
      reload();
    });
  const withdraw = () => session.remove(path(`/invitations/${one.id}`)).then(reload, complain("It still stands."));
  return h(
    "div.row",
    { "data-email": one.email },
    h("div.row-main", null, h("b.cut", null, one.email), h("div.row-sub", null, "Invited ", moment(one.sent_at))),
    h(
      "div.row-end",
      null,
      late ? h("span.chip.bad", null, "Expired") : h("span.chip", null, NAMES[one.role]),
      mayGive(one.role) && h("button.button.small", { type: "button", onclick: again }, "Send again"),
      remover(`Withdraw the invitation of ${one.email}`, "x", withdraw),
    ),
  );
}

/** A form that is sent once, and says beside its fields what is wrong. */
function sent(selector, work) {
  const form = $(selector);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    $(".alert", form).hidden = true;
    const empty = [...form.elements].filter((field) => field.willValidate && !field.checkValidity());
    if (empty.length)
      return showErrors(form, { errors: empty.map(({ name }) => ({ field: name, message: "please fill this in." })) });
    const button = $("button[type=submit]", form);
    button.disabled = true;
    await work(Object.fromEntries(new FormData(form)), form).catch((problem) => showErrors(form, problem));
    button.disabled = false;
    return undefined;
  });
}

sent("#invite", async (fields, form) => {
  await session.post(path("/invite"), fields);
  toast(`An invitation is on its way to ${fields.email}.`);
  form.reset();
  reload();
});
sent("#rename", async (fields) => {
  session.team = await session.patch(path(), fields);
  toast("The name is saved.");
  show();
});
sent("#found", async (fields) => {
  const { id } = await session.post("/api/teams", fields);
  await session.post(`/api/teams/${id}/switch`);
  location.assign("/projects");
});
$("#leave").addEventListener("click", (event) => once(event.currentTarget, "You are still in the team.", leave));

/* All of it */

function show() {
  $("#team-name").textContent = session.team?.name ?? "Team";
  $("#t-name").value = session.team?.name ?? "";
  $("#alone").hidden = Boolean(session.team);
  if (session.team) return;
  for (const part of $$(".of-team")) part.hidden = true;
  $("#found-title").textContent = "Begin a team";
}

async function load() {
  me = await session.get("/api/auth/me");
  if (!session.team) return;
  const members = await session.get(path("/members?sort=joined_at&limit=200"));
  // How their line looks hangs on what I am, too: I may change some of them.
  keep($("#members"), members.items.map((one) => ({ ...one, id: one.user_id, seenBy: me.role })), person);
  $("#member-count").textContent = String(members.items.length);
  $("#invite-section").hidden = !can("members:invite");
  $("#rename-section").hidden = !can("team:write");
  if (!can("members:invite")) return;
  const role = $("#i-role");
  if (role.children.length !== options().length) role.replaceChildren(...options("member"));
  await guests();
}

async function guests() {
  const { items } = await session.get(path("/invitations?limit=200"));
  keep($("#invitations"), items, guest);
  $("#invitations").hidden = items.length === 0;
}

persist(async () => {
  await load();
  show();
  $("#main").setAttribute("aria-busy", "false");
}, "The team did not load.");
live.addEventListener("ready", () => live.follow(`team:${session.team.id}`, { apply: reload, signal: reload }), {
  once: true,
});
