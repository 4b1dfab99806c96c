/** Sending a proposal: to whom, in which order they sign, until when; then the links, to be copied. */

import { choice, problemLine, tell } from "./fields.js";
import { $, complain, h, icon, once, toast } from "./ui.js";

const ROLES = [
  ["signer", "Signs"],
  ["viewer", "Reads"],
];
const LANGUAGES = [
  ["en", "English"],
  ["de", "Deutsch"],
];
const PLACEHOLDER = /\{\{\s*[a-zA-Z][a-zA-Z0-9_.]{0,59}\s*\}\}/g;
const here = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const dialogs = new Map(); // what was written and not sent is there when it is opened again

/** Ask for what is still missing, and send it. `session` may send; the proposal is a draft as REST shows it. */
export async function openSend(session, proposal) {
  const known = dialogs.get(proposal.id);
  if (known?.isConnected) return known.showModal();
  const dialog = h("dialog.modal.send", { "aria-labelledby": "send-title" });
  dialogs.set(proposal.id, dialog);
  document.body.append(dialog);
  const people = proposal.recipients.length ? proposal.recipients : [await ofClient(session, proposal)];
  draw(dialog, session, proposal, people);
  dialog.showModal();
  $("input", dialog).focus();
  return undefined;
}

/** The client, as the first to be asked. */
async function ofClient(session, { client_id: id }) {
  if (!id) return {};
  const one = await session.get(`/api/contacts/${id}`).catch(() => session.get(`/api/companies/${id}`)).catch(() => null);
  const email = one?.emails ? (one.emails.find((entry) => entry.primary) ?? one.emails[0])?.email : one?.billing?.email;
  return one ? { name: one.name, email: email ?? "" } : {};
}

function labelled(label, control, line) {
  return h("label.field", null, h("span.label", null, label), control, line);
}

function draw(dialog, session, proposal, people) {
  const alert = h("div.alert", { role: "alert", hidden: true });
  const list = h("ol.recipients", { "aria-label": "Recipients, in the order in which they sign" });
  const expires = h("input", { type: "date", value: proposal.expires_on ?? "" });
  const expiresLine = problemLine();
  const message = h("textarea", { rows: 4, maxlength: 5000, placeholder: "What the mail says before the link" });
  const code = h("input", { type: "checkbox", checked: proposal.require_code });
  const submit = h("button.button.primary", { type: "submit" }, icon("send", "s"), "Send");
  const rows = () => [...list.children].map((element) => element.row);
  const add = (one = {}) => {
    list.append(recipient(list, one));
    number(list);
    return list.lastElementChild;
  };
  for (const one of people) add(one);
  const form = h(
    "form",
    { novalidate: true },
    h("h2", { id: "send-title" }, `Send \u201c${proposal.title}\u201d`),
    alert,
    leftovers(proposal),
    h("div", null, h("h3", null, "To"), list),
    h("button.add-line", { type: "button", id: "send-add", onclick: () => $("input", add()).focus() }, icon("plus", "s"), "Add a recipient"),
    h("div.pair", null, labelled("Valid until", expires, expiresLine), h("p.hint.send-hint", null, "Whoever has not answered is reminded, until they answer or it ends.")),
    labelled("Message", message),
    h("label.tick-field", null, code, h("span", null, "Ask for a code from their mail before it opens")),
    h("div.modal-end", null, h("button.button.quiet", { type: "button", onclick: () => dialog.close() }, "Not yet"), submit),
  );
  dialog.replaceChildren(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(submit, "Not sent.", async () => {
      alert.hidden = true;
      tell(expiresLine, expires);
      for (const row of rows()) row.tell();
      try {
        const fields = { recipients: rows().map((row, position) => ({ ...row.get(), position })), expires_on: expires.value || null };
        await session.patch(`/api/proposals/${proposal.id}`, fields);
        const { links } = await session.post(`/api/proposals/${proposal.id}/send`, { message: message.value.trim() || null, require_code: code.checked });
        sent(dialog, proposal, links);
      } catch (problem) {
        if (problem.status === undefined || problem.status === 401) throw problem;
        refused(problem);
      }
    });
  });

  /** What the server says, where it says it of. */
  function refused(problem) {
    const rest = [];
    for (const error of problem.errors) {
      const [, at, name] = /^recipients\[(\d+)\]\.(\w+)/.exec(error.field) ?? [];
      if (name && rows()[at]?.tell(name, error.message)) continue;
      if (error.field === "expires_on") tell(expiresLine, expires, error.message);
      else rest.push(error.message);
    }
    if (rest.length || !problem.errors.length) {
      alert.textContent = rest.join(" ") || problem.message;
      alert.hidden = false;
    }
    $("[aria-invalid]", form)?.focus();
  }
}

function recipient(list, one) {
  const above = list.lastElementChild?.row.get();
  const language = one.language ?? above?.language ?? "en";
  const languages = LANGUAGES.some(([key]) => key === language) ? LANGUAGES : [...LANGUAGES, [language, language]];
  const controls = {
    name: h("input", { value: one.name ?? "", maxlength: 200, autocomplete: "off" }),
    email: h("input", { type: "email", value: one.email ?? "", autocomplete: "off" }),
    role: choice(ROLES),
    language: choice(languages),
  };
  controls.role.value = one.role ?? "signer";
  controls.language.value = language;
  const lines = Object.fromEntries(Object.keys(controls).map((name) => [name, problemLine()]));
  const part = (name, label) => labelled(label, controls[name], lines[name]);
  const move = (by) => () => {
    const other = by < 0 ? element.previousElementSibling : element.nextElementSibling;
    if (!other) return;
    if (by < 0) other.before(element);
    else other.after(element);
    number(list);
  };
  const act = (glyph, label, onclick) => h("button.icon-button", { type: "button", "aria-label": label, title: label, onclick }, icon(glyph, "s"));
  const element = h(
    "li.recipient",
    null,
    h(
      "header",
      null,
      h("b.place"),
      h("div.row-acts", null, act("up", "Earlier", move(-1)), act("down", "Later", move(1)), act("trash", "Remove this recipient", () => (element.remove(), number(list)))),
    ),
    h("div.pair", null, part("name", "Name"), part("email", "E-mail")),
    h("div.pair", null, part("role", "What they do"), part("language", "Language")),
  );
  controls.role.addEventListener("change", () => number(list));
  element.row = {
    get: () => ({
      name: controls.name.value.trim(),
      email: controls.email.value.trim(),
      role: controls.role.value,
      language: controls.language.value,
      timezone: one.timezone ?? here(),
    }),
    tell: (name, text) => {
      if (name && !lines[name]) return false;
      for (const key of name ? [name] : Object.keys(lines)) tell(lines[key], controls[key], text);
      return true;
    },
  };
  return element;
}

/** Signers sign in their order; who only reads has no place in it. */
function number(list) {
  let place = 0;
  for (const element of list.children) {
    const signs = element.row.get().role === "signer";
    $(".place", element).textContent = signs ? `${++place}. Signs` : "Reads";
  }
}

/** Placeholders of a template that nobody filled would be read by the client. */
function leftovers({ title, terms, sections, items = [] }) {
  const text = [title, terms, ...sections.flatMap((one) => [one.title, one.body]), ...items.map((one) => one.description)].join("\n");
  const found = [...new Set(text.match(PLACEHOLDER))];
  if (!found.length) return null;
  return h("p.dispute", { id: "send-leftovers" }, "Still to be filled in, or the client reads it as it stands: ", h("b", null, found.join(", ")));
}

async function copy(input) {
  try {
    await navigator.clipboard.writeText(input.value);
  } catch {
    input.select(); // no clipboard on plain http: the older way
    document.execCommand("copy");
  }
  toast("The link is copied.");
}

function sent(dialog, proposal, links) {
  dialogs.delete(proposal.id);
  const line = ({ email, url }) => {
    const address = h("input.input", { readonly: true, value: url, "aria-label": `Link of ${email}` });
    const take = () => copy(address).catch(complain("Not copied."));
    return h("li", null, h("b", null, email), h("div.line-row", null, address, h("button.button.small", { type: "button", onclick: take }, icon("copy", "s"), "Copy")));
  };
  const leave = () => location.assign(`/proposals/${proposal.id}`);
  dialog.addEventListener("close", leave);
  dialog.replaceChildren(
    h(
      "form",
      { method: "dialog", id: "sent" },
      h("div.won", null, h("span.glyph", null, icon("check")), h("h2", { id: "send-title" }, "It is on its way")),
      h("p.muted", null, "Each link is one person's. It was mailed to them; copy it if you want to hand it on yourself, too."),
      h("ul.sent-links", null, links.map(line)),
      h("div.modal-end", null, h("button.button.primary", null, "Done")),
    ),
  );
  $("button.primary", dialog).focus();
}
