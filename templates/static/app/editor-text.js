/** A text in Markdown, with the few buttons that most texts need, and what the team's templates fill in. */

import { h, icon, popover } from "./ui.js";

/** Put something around what is marked, or before each of its lines; the text stays the browser's own, undo too. */
function put(area, text, from, to) {
  area.focus();
  area.setSelectionRange(from, to);
  // Deprecated, and the only way that leaves the undo of the field whole.
  if (!document.execCommand?.("insertText", false, text)) area.setRangeText(text, from, to, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function around(area, mark, word) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const marked = value.slice(from, to) || word;
  put(area, `${mark}${marked}${mark}`, from, to);
  area.setSelectionRange(from + mark.length, from + mark.length + marked.length);
}

function lines(area, each) {
  const { value } = area;
  const from = value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const next = value.indexOf("\n", area.selectionEnd);
  const to = next < 0 ? value.length : next;
  const text = value
    .slice(from, to)
    .split("\n")
    .map((line, at) => each(line, at))
    .join("\n");
  put(area, text, from, to);
}

const prefix = (mark) => (line) => (line.startsWith(mark) ? line.slice(mark.length) : mark + line);

function link(area) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const words = value.slice(from, to) || "words";
  put(area, `[${words}](https://)`, from, to);
  area.setSelectionRange(from + words.length + 3, from + words.length + 11);
}

const TOOLS = [
  ["bold", "Bold", (area) => around(area, "**", "words")],
  ["italic", "Italic", (area) => around(area, "*", "words")],
  ["heading", "Heading", (area) => lines(area, prefix("## "))],
  ["list", "List", (area) => lines(area, prefix("- "))],
  ["numbers", "Numbered list", (area) => lines(area, (line, at) => (/^\d+\. /.test(line) ? line.replace(/^\d+\. /, "") : `${at + 1}. ${line}`))],
  ["quote", "Quote", (area) => lines(area, prefix("> "))],
  ["link", "Link", link],
];
const KEYS = { b: 0, i: 1, k: 6 };

/** `words()` are what may be put in: `[name, text]`. */
export function textTools(area, words) {
  const button = ([glyph, label, work]) =>
    h("button.icon-button.tool", { type: "button", "data-tool": glyph, "aria-label": label, title: label, onclick: () => work(area) }, icon(glyph, "s"));
  const offer = h("button.button.quiet.small", { type: "button", "aria-haspopup": "true", "aria-expanded": "false" }, "Insert", icon("down", "s"));
  const list = h("div.pop.insert", { role: "group", "aria-label": "Insert", hidden: true });
  popover(offer, list, () =>
    list.replaceChildren(
      ...words().map(([name, text]) =>
        h(
          "button.rail-link",
          {
            type: "button",
            "data-insert": text,
            onclick: () => {
              offer.click(); // closes what hangs from it
              put(area, text, area.selectionStart, area.selectionEnd);
            },
          },
          h("span", null, name),
          h("code", null, text),
        ),
      ),
    ),
  );
  area.addEventListener("keydown", (event) => {
    const at = (event.ctrlKey || event.metaKey) && !event.shiftKey ? KEYS[event.key] : undefined;
    if (at === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // Ctrl+K would search everything
    TOOLS[at][2](area);
  });
  return h("div.text-tools", { role: "group", "aria-label": "Format" }, TOOLS.map(button), h("div.pop-anchor", null, offer, list));
}
