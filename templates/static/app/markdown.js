/** A little Markdown as elements: paragraphs, lists, bold, italic, code, links and mentions. Nothing becomes HTML. */

import { h } from "./ui.js";

const INLINE = /(`[^`]+`)|(\*\*[^*]+\*\*)|(\*[^*\s][^*]*\*)|(\[[^\]]+\]\(https?:\/\/[^)\s]+\))|(https?:\/\/[^\s<>")]+)/;

function inline(text, mention) {
  const parts = [];
  let rest = text;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    parts.push(...mention(rest.slice(0, found.index)), piece(found, mention));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...parts, ...mention(rest)];
}

function piece([all, code, bold, italic, link], mention) {
  if (code) return h("code", null, all.slice(1, -1));
  if (bold) return h("strong", null, inline(all.slice(2, -2), mention));
  if (italic) return h("em", null, inline(all.slice(1, -1), mention));
  const [, label, target] = link ? /^\[(.+)\]\((.+)\)$/.exec(all) : [all, all, all];
  return h("a", { href: target, rel: "noopener noreferrer nofollow", target: "_blank" }, label);
}

const CALL = "@\\[[^\\]\\n]*\\]\\([0-9a-f-]{36}\\)";

/** `@Name` of one of these people, and `@[Name](id)`, become a mark; longest names first: "Ann Lee" is not "Ann". */
function mentions(names) {
  const known = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(${CALL}|${known.map((name) => `@${name}(?!\\w)`).join("|") || CALL})`, "giu");
  const mark = (part) => h("span.mention", null, part.replace(/^@\[(.*)\].*$/, "@$1"));
  return (text) =>
    text
      .split(pattern)
      .filter(Boolean)
      .map((part) => (part.match(pattern) ? mark(part) : part));
}

export function markdown(text, names = []) {
  const mention = mentions(names);
  return text
    .split(/\n{2,}/)
    .filter((block) => block.trim())
    .map((block) => {
      const lines = block.split("\n");
      if (lines.every((line) => /^\s*[-*] /.test(line))) {
        return h(
          "ul",
          null,
          lines.map((line) => h("li", null, inline(line.replace(/^\s*[-*] /, ""), mention))),
        );
      }
      return h(
        "p",
        null,
        lines.flatMap((line, i) => [i > 0 && h("br"), ...inline(line, mention)]),
      );
    });
}
