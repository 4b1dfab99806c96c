/** What can be done with a proposal in its state, by whom: buttons, each of them asking before what others will notice. */

import { certificate } from "./certificate.js";
import { download } from "./download.js";
import { waits } from "./proposal-states.js";
import { openSend } from "./send.js";
import { sure } from "./sure.js";
import { complain, h, toast } from "./ui.js";

const labelled = (label, control) => h("label.field", null, h("span.label", null, label), control);

/** `{id, label, act | href}` for each thing that this person may do with it now; `about.shown()` is it when they do. */
export function actions(about, proposal) {
  const { session, crew, path } = about;
  const { status, number } = proposal;
  const [write, send] = [crew.may("proposals:write"), crew.may("proposals:send")];
  const draft = status === "draft";
  const make = (id, label, is, act, more = {}) => is && { id, label, act: busy(act), ...more };
  const edit = draft && write && { id: "edit", label: "Edit", href: `/proposals/${proposal.id}/edit`, primary: true };
  const converts = status === "accepted" && !proposal.converted_at && write && crew.may("projects:write");
  return [
    edit,
    make("send", "Send", draft && send, () => openSend(session, about.shown())),
    make("convert", "Make a project", converts, () => convert(about), { primary: true }),
    proposal.project_id && proposal.converted_at && { id: "project", label: "To the project", href: `/projects/${proposal.project_id}` },
    make("revise", "Revise", write && !draft && status !== "accepted", () => revise(about)),
    make("extend", "Extend", send && (waits(proposal) || status === "expired"), () => extend(about)),
    make("pdf", "PDF", true, () => download(session, `${path}/pdf`, "proposal.pdf")),
    make("certificate", "Certificate", status === "accepted", () => certificate(session, path)),
    make("duplicate", "Duplicate", write, async () => {
      const copy = await session.post(`${path}/duplicate`);
      return leave(`/proposals/${copy.id}`);
    }),
    make("withdraw", "Withdraw", send && number && !["accepted", "withdrawn"].includes(status), () => withdraw(about), { danger: true }),
    make("delete", "Delete", draft && !number && crew.may("proposals:delete"), () => remove(about), { danger: true }),
  ].filter(Boolean);
}

/** One at a time, until the page is left where it leads elsewhere; what is refused is told. */
const busy = (act) => async (event) => {
  const button = event.currentTarget;
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  const leaving = await act().catch((problem) => complain("Nothing was changed.")(problem));
  button.ariaBusy = String(leaving === true);
};
const leave = (to) => (location.assign(to), true);

async function revise({ session, path, shown }) {
  const { id, status } = shown();
  const text = waits({ status })
    ? "The version that was sent can still be read, but not signed, until the next one is sent."
    : "The next version begins with what was sent last.";
  if (!(await sure("Write the next version?", text, "Revise", { danger: false }))) return;
  await session.post(`${path}/revise`);
  location.assign(`/proposals/${id}/edit`);
}

async function extend({ session, path, shown }) {
  const until = h("input", { type: "date", name: "expires_on", required: true, value: shown().expires_on ?? "" });
  const fields = [labelled("Last day on which it can be signed", until)];
  const text = "The recipients' links go on until then.";
  const answer = await sure("Give more time", text, "Extend", { fields, danger: false });
  if (!answer) return;
  await session.post(`${path}/extend`, answer);
  toast("There is more time now.");
}

async function withdraw({ session, path }) {
  const text = "Its links end at once, and pages that are open close. It stays here, and can be revised and sent again.";
  if (!(await sure("Withdraw this proposal?", text, "Withdraw"))) return;
  await session.post(`${path}/withdraw`);
  toast("It is withdrawn.");
}

async function remove({ session, path, shown }) {
  if (!(await sure(`Delete “${shown().title}”?`, "It was never sent; nobody will miss it but you.", "Delete"))) return;
  await session.remove(path);
  location.assign("/proposals");
}

/** Its project, tasks and the draft of an invoice. */
async function convert({ session, crew, path, shown }) {
  const tick = (name, value, label, checked) =>
    h("label.tick-field", null, h("input", { type: "checkbox", name, value, checked }), h("span", null, label));
  const people = [...crew.people.values()].map((one) => tick("member_ids", one.id, one.name, one.id === session.user.id));
  const group = h("fieldset.field", null, h("legend.label", null, "People on it"), people);
  const fields = [
    labelled("Name of the project", h("input", { name: "name", value: shown().title, maxlength: 200 })),
    h(
      "div.pair",
      null,
      labelled("Starts", h("input", { type: "date", name: "start_on" })),
      labelled("Due", h("input", { type: "date", name: "due_on" })),
    ),
    group,
    tick("invoice", "yes", "Draft the first invoice", true),
  ];
  const text = "The project gets a task for each item that was accepted.";
  const answer = await sure("Make a project", text, "Make the project", { fields, danger: false });
  if (!answer) return;
  const { name, start_on: start, due_on: due, invoice } = answer;
  const members = [...group.querySelectorAll(":checked")].map((one) => one.value);
  const body = { ...(name.trim() && { name: name.trim() }), ...(start && { start_on: start }), ...(due && { due_on: due }) };
  const made = await session.post(`${path}/convert`, { ...body, member_ids: members, invoice: Boolean(invoice) });
  location.assign(`/projects/${made.project.id}`);
}
