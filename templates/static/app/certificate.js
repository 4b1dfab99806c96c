/** The proof of what was signed, in a dialog: by whom, when, from where, under which document. */

import { closable, h } from "./ui.js";

const LEVELS = { "B-T": "its time is confirmed by a time-stamp authority", "B-B": "its time is this server's own" };
const BY = { link: "the link in their mail", code: "a code that was mailed to them" };
const moment = (at) => new Date(at).toLocaleString(undefined, { dateStyle: "long", timeStyle: "long" });
const line = (name, text) => h("div", null, h("dt", null, name), h("dd", null, text));

export async function certificate(session, path) {
  const { signatures, digest, events, head, sealed_at: sealed, level, sha256, number, version_number: version } = await session.get(
    `${path}/certificate`,
  );
  const signed = signatures.map((one) =>
    h(
      "section.signature",
      null,
      h("h3", null, one.name),
      h(
        "dl.proof",
        null,
        line("E-mail", one.email),
        line("Signed", moment(one.signed_at)),
        line("From", one.address),
        line("With", one.user_agent),
        line("Proved by", BY[one.verified_by]),
        line("Agreed to", one.consent),
      ),
    ),
  );
  const dialog = closable(
    h(
      "dialog.modal.wide",
      { "aria-labelledby": "certificate-title" },
      h(
        "form",
        { method: "dialog" },
        h("h2", { id: "certificate-title" }, `Certificate of ${number}, version ${version}`),
        signed,
        h(
          "dl.proof",
          null,
          line("Document (SHA-256)", digest),
          line(`Chain of ${events.length} events`, head),
          line("Sealed PDF", sealed ? `${moment(sealed)}; ${LEVELS[level]}` : "is being made"),
          sha256 && line("PDF (SHA-256)", sha256),
        ),
        h("div.modal-end", null, h("button.button.quiet", { type: "button", "data-close": true }, "Close")),
      ),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
