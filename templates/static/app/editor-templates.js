/** This proposal kept as a template, which others begin with; new ones are begun on the page of all proposals. */

import { ask, named } from "./editor-dialog.js";
import { h, toast } from "./ui.js";

export function saveAsTemplate(session, proposal) {
  const name = h("input", { maxlength: 200, autocomplete: "off", value: proposal.title });
  return ask("Save as a template", [named("name", "Name of the template", name)], {
    act: "Save template",
    note: "Its texts and items are the beginning of other proposals. What stands in {{double braces}} is asked for then.",
    work: async ({ name: given }) => {
      await session.post("/api/proposal-templates", { name: given.trim(), from_proposal_id: proposal.id });
      toast(`“${given.trim()}” is a template now.`);
    },
  });
}
