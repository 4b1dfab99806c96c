/** Templates: this proposal kept as one, and a proposal begun from one, with what its texts ask for. */

import { ask, named } from "./editor-dialog.js";
import { choice } from "./fields.js";
import { h, toast } from "./ui.js";

const KNOWN = ["team.name", "sender.name", "date"]; // the server knows them, and the client's name of a client

export function saveAsTemplate(session, proposal) {
  return ask("Save as a template", [named("name", "Name of the template", h("input", { maxlength: 200, autocomplete: "off", value: proposal.title }))], {
    act: "Save template",
    note: "Its texts and items are the beginning of other proposals. What stands in {{double braces}} is asked for then.",
    work: async ({ name }) => {
      await session.post("/api/proposal-templates", { name: name.trim(), from_proposal_id: proposal.id });
      toast(`“${name.trim()}” is a template now.`);
    },
  });
}

/** A new proposal of a template, for the same client; the one that is left is removed where nothing is in it. */
export async function startFromTemplate(session, proposal, { isEmpty }) {
  const { items } = await session.get("/api/proposal-templates?limit=200");
  if (!items.length) return toast("There is no template yet. Save a proposal as one first.", "bad");
  const which = choice(items.map(({ id, name }) => [id, name]));
  const asked = h("div.asked");
  const draw = () => {
    const template = items.find(({ id }) => id === which.value);
    const free = template.variables.filter((name) => !KNOWN.includes(name) && !(name === "client.name" && proposal.client_id));
    asked.replaceChildren(...free.map((name) => named(`variables.${name}`, name, h("input", { autocomplete: "off", maxlength: 2000 }))));
  };
  which.addEventListener("change", draw);
  draw();
  return ask("Begin with a template", [named("template_id", "Template", which), asked], {
    act: "Begin",
    note: isEmpty ? null : "It becomes a new proposal: this one stays as it is.",
    work: async (values) => {
      const variables = Object.fromEntries(
        Object.entries(values)
          .filter(([name, text]) => name.startsWith("variables.") && text.trim())
          .map(([name, text]) => [name.slice("variables.".length), text.trim()]),
      );
      const template = items.find(({ id }) => id === values.template_id);
      const { client_id, lead_id, title } = proposal;
      const body = { template_id: template.id, variables, client_id, lead_id, ...(!template.title && { title }) };
      const made = await session.post("/api/proposals", body);
      if (isEmpty) await session.remove(`/api/proposals/${proposal.id}`).catch(() => {}); // not everybody may
      location.replace(`/proposals/${made.id}/edit`);
    },
  });
}
