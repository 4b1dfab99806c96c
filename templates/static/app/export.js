/** The list as it is asked for, as a file: fetched with the session's token, and handed to the browser. */

import { Problem } from "../mediaflow.js";
import { $, $$, once, popover, toast } from "./ui.js";

/** `asked()` are the list's filters, words and sort. */
export function exporter({ session, kinds, asked }) {
  const button = $("#export-button");
  popover(button, $("#export"));
  for (const choice of $$("#export button"))
    choice.addEventListener("click", () => {
      button.click(); // closes what hangs from it
      once(choice, "Nothing was exported.", async () => {
        const query = new URLSearchParams(asked());
        query.set("format", choice.dataset.format);
        save(await fetched(session, `/api/${kinds}/export?${query}`), `${kinds}.${choice.dataset.format}`);
        toast(`${kinds[0].toUpperCase()}${kinds.slice(1)} exported.`);
      });
    });
}

async function fetched(session, path) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${await session.token()}` } });
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  return answer.blob();
}

function save(file, name) {
  const address = URL.createObjectURL(file);
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
