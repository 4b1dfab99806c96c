/** How the team's proposals look: its colours, its type, its logo. It is the team's, not this proposal's. */

import { Problem } from "../mediaflow.js";
import { ask, named } from "./editor-dialog.js";
import { choice } from "./fields.js";
import { $, h, once, toast } from "./ui.js";

const OWN = { primary_color: "#1d2440", accent_color: "#4f46e5", font: "sans" }; // as the server has it where nothing is chosen
const FONTS = [
  ["sans", "Inter, without serifs"],
  ["serif", "Source Serif, with serifs"],
];
const KEPT = ["name", "address", "tax_ids", "currency", "numbering"];
const PATH = "/api/settings/business";

async function upload(session, file) {
  const body = new FormData();
  body.append("file", file);
  const answer = await fetch(`${PATH}/logo`, { method: "POST", body, headers: { Authorization: `Bearer ${await session.token()}` } });
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  return answer.json();
}

export async function editLook(session, drawn) {
  let business = await session.get(PATH);
  const now = { ...OWN, ...Object.fromEntries(Object.entries(business.branding).filter(([, value]) => value)) };
  const colour = (name) => h("input.colour", { type: "color", value: now[name] });
  const font = choice(FONTS);
  font.value = now.font;
  const file = h("input", { type: "file", accept: "image/png,image/jpeg,image/webp" });
  const remove = h("button.button.quiet.small", { type: "button", id: "no-logo", hidden: !business.logo }, "Without a logo");
  const change = (work, text) =>
    once(remove, "The logo stays.", async () => {
      await work();
      business = await session.get(PATH);
      remove.hidden = !business.logo;
      toast(text);
      drawn();
    });
  file.addEventListener("change", () => file.files[0] && change(() => upload(session, file.files[0]), "The logo is set."));
  remove.addEventListener("click", () => change(() => session.remove(`${PATH}/logo`), "The logo is removed."));
  const form = ask(
    "How proposals look",
    [
      h("div.pair", null, named("primary_color", "Main colour", colour("primary_color")), named("accent_color", "Accent", colour("accent_color"))),
      named("font", "Type", font),
      named("logo", "Logo: PNG, JPEG or WebP", file),
      remove,
    ],
    {
      act: "Save",
      note: "Colours, type and logo are the team's: every proposal that is sent from now on has them.",
      work: async ({ primary_color, accent_color, font: type }) => {
        const body = { ...Object.fromEntries(KEPT.map((name) => [name, business[name]])), branding: { primary_color, accent_color, font: type } };
        await session.call("PUT", PATH, body, { "If-Match": `"${business.version}"` });
        drawn();
      },
    },
  );
  $("input", form).focus();
  return undefined;
}
