/** The list as it is asked for, as a file: fetched with the session's token, and handed to the browser. */

import { download } from "./download.js";
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
        await download(session, `/api/${kinds}/export?${query}`, `${kinds}.${choice.dataset.format}`);
        toast(`${kinds[0].toUpperCase()}${kinds.slice(1)} exported.`);
      });
    });
}
