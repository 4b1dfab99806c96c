/** Who a proposal is for: whether they opened and signed it, and the way to their link. */

import { sure } from "./sure.js";
import { $, ago, avatar, h, icon, keep, once, toast } from "./ui.js";

const LATE = { delayed: "the mail is late, and tried again", failed: "the mail did not get through" };
const GIVES_LINKS = ["sent", "opened", "accepted"];

export class Recipients {
  constructor({ session, crew, path }) {
    Object.assign(this, { session, crew, path });
  }

  draw({ recipients, status, number }, reading) {
    const signers = recipients.filter((one) => one.role === "signer").length;
    const links = GIVES_LINKS.includes(status) && this.crew.may("proposals:send");
    const lines = recipients.map((one) => ({
      ...one,
      links,
      sent: Boolean(number),
      order: signers > 1 && one.role === "signer" ? one.position + 1 : null,
      now: reading.some(({ name }) => name === one.name),
      since: ago(one.signed_at ?? one.opened_at ?? Date.now()),
    }));
    keep($("#recipients"), lines, (one) => this.#line(one));
    $("#recipients-none").hidden = recipients.length > 0;
  }

  #line(one) {
    const role = one.role === "viewer" ? "reads along" : one.order ? `signs as no. ${one.order}` : "signs";
    return h(
      "li.addressee",
      { "data-id": one.id },
      avatar(one, "little"),
      h("div", null, h("b.cut", null, one.name), h("span.small.muted.cut", null, one.email), h("span.small.muted", null, role, one.sent && " · ", one.sent && this.#did(one))),
      one.links && h("span.addressee-links", null, this.#copy(one), this.#mail(one)),
    );
  }

  #did(one) {
    const late = LATE[one.mail?.state];
    if (late && !one.opened_at) return h("span.bad", { title: one.mail.error }, late);
    if (one.now) return h("span.reading", null, h("span.pulse"), "reading now");
    if (one.signed_at) return h("span.good", null, `signed ${one.since}`);
    return one.opened_at ? `opened ${one.since}` : "not opened yet";
  }

  #copy({ id, name }) {
    const act = async () => {
      const { url } = await this.session.post(`${this.path}/recipients/${id}/link`);
      await navigator.clipboard.writeText(url).then(
        () => toast("The link is copied."),
        () => {
          const field = h("input", { value: url, readonly: true, "aria-label": `Link of ${name}`, onfocus: () => field.select() });
          return sure(`The link of ${name}`, "Whoever has it reads the proposal as them.", "Done", { fields: [field], danger: false });
        },
      );
    };
    return this.#button("copy", `Copy the link of ${name}`, "No link.", act);
  }

  #mail({ id, name, email }) {
    const act = async () => {
      const text = `The mail goes to ${email} again; links of earlier mails stay good.`;
      if (!(await sure(`Mail it to ${name} again?`, text, "Send again", { danger: false }))) return;
      await this.session.post(`${this.path}/recipients/${id}/link`, { mail: true });
      toast(`Sent to ${name} again.`);
    };
    return this.#button("mail", `Send it to ${name} again`, "It was not sent.", act);
  }

  #button(glyph, label, before, act) {
    const press = (event) => once(event.currentTarget, before, act);
    return h("button.icon-button", { type: "button", "aria-label": label, title: label, onclick: press }, icon(glyph, "s"));
  }
}
