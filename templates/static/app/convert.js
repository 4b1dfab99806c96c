/** A lead's end: why it was lost, or what a won one becomes. */

import { $, closable, h, icon, showErrors } from "./ui.js";

/** Ask why the lead is lost; answers null where somebody thought better of it. */
export function askReason(lead) {
  const dialog = $("#lost");
  const form = $("form", dialog);
  const { reason } = form.elements;
  form.reset();
  $(".alert", form).hidden = true;
  reason.removeAttribute("aria-invalid");
  $("#lost-title").textContent = `Why is “${lead.name}” lost?`;
  let answer = null;
  form.onsubmit = (event) => {
    event.preventDefault();
    answer = reason.value.trim() || null;
    if (answer) return dialog.close();
    return showErrors(form, { errors: [{ field: "reason", message: "please say why." }] });
  };
  for (const pick of form.querySelectorAll(".pick"))
    pick.onclick = () => {
      reason.value = pick.textContent;
      reason.focus();
    };
  dialog.showModal();
  reason.focus();
  return new Promise((done) => dialog.addEventListener("close", () => done(answer), { once: true }));
}

export class Conversion {
  #lead = null;

  constructor({ session, crew, converted }) {
    Object.assign(this, { session, crew, converted, dialog: closable($("#convert")) });
    this.form = $("form", this.dialog);
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.#submit()));
    this.form.elements.project.addEventListener("change", () => this.#toggle());
  }

  /** Whether this person can make a contact of the lead. */
  offers = (lead) => this.crew.may("contacts:write") && !lead.converted && lead.status !== "lost";

  open = (lead) => {
    const { form, crew } = this;
    this.#lead = lead;
    form.reset();
    $(".alert", form).hidden = true;
    $("#convert-title").textContent = lead.status === "won" ? `“${lead.name}” is won!` : `Make “${lead.name}” a client`;
    $("#convert-contact").textContent = `${lead.name} becomes a contact, with the lead's tags, notes and history.`;
    $("#convert-company").hidden = !(lead.company && crew.may("companies:write"));
    $("#convert-company span").textContent = `Keep ${lead.company} as their company`;
    form.elements.company.checked = !$("#convert-company").hidden;
    $("#convert-project").hidden = !crew.may("projects:write");
    form.elements.project_name.value = lead.company || lead.name;
    this.#toggle();
    this.#page(false);
    this.dialog.showModal();
  };

  #toggle() {
    $("#convert-name").hidden = !this.form.elements.project.checked;
  }

  #page(done) {
    $("#convert-ask").hidden = done;
    $("#convert-result").hidden = !done;
  }

  async #submit() {
    const { elements } = this.form;
    const body = { company: elements.company.checked };
    if (elements.project.checked) body.project = { name: elements.project_name.value.trim() };
    const button = $("button[type=submit]", this.form);
    button.disabled = true;
    try {
      this.#show(await this.session.post(`/api/leads/${this.#lead.id}/convert`, body));
    } catch (problem) {
      const errors = (problem.errors ?? []).map((one) =>
        one.field === "project.name" ? { ...one, field: "project_name" } : one,
      );
      showErrors(this.form, Object.assign(problem, { errors }));
    } finally {
      button.disabled = false;
    }
  }

  #show({ lead, contact, company, project }) {
    const made = [
      ["people", "Contact", contact, "contacts"],
      ["company", "Company", company, "companies"],
      ["grid", "Project", project, "projects"],
    ];
    $("#convert-made").replaceChildren(
      ...made
        .filter(([, , one]) => one)
        .map(([glyph, label, one, kinds]) =>
          h(
            "li",
            null,
            h(
              "a.made",
              { href: `/${kinds}/${one.id}` },
              h("span.glyph", null, icon(glyph)),
              h("span", null, h("span.small.muted", null, label), h("b", null, one.name)),
              icon("right"),
            ),
          ),
        ),
    );
    this.#page(true);
    $("#convert-made a").focus();
    this.converted(lead);
  }
}
