/**
 * The client's page beside the editor, as the server draws it of what is saved. The next one is drawn behind the one
 * that is seen, and takes its place when it is there: nothing flickers, and nothing scrolls away.
 */

import { $, $$, calm, h } from "./ui.js";

const WIDE = 1360;
const KEPT = "mediaflow:preview";

export function preview(pane, button, path) {
  let turn = 0;
  const shown = () => $("iframe.shown", pane);

  function draw() {
    if (pane.hidden) return;
    const mine = ++turn;
    for (const late of $$("iframe:not(.shown)", pane)) late.remove();
    // No scripts: what it shows was written by many.
    const next = h("iframe", { title: "As the client sees it", sandbox: "allow-same-origin", src: `${path}?at=${mine}` });
    next.addEventListener("load", () => {
      if (mine !== turn) return;
      if (!next.contentDocument) return void next.remove(); // no connection, no session: what was seen stays
      const before = shown();
      next.contentWindow.scrollTo(0, before?.contentWindow.scrollY ?? 0);
      next.classList.add("shown");
      before?.remove();
      pane.dataset.drawn = String(Number(pane.dataset.drawn ?? 0) + 1);
    });
    pane.append(next);
  }

  function open(is) {
    pane.hidden = !is;
    button.setAttribute("aria-pressed", String(is));
    document.body.classList.toggle("with-preview", is);
    if (is) draw();
  }

  const toggle = () => {
    open(pane.hidden);
    localStorage.setItem(KEPT, pane.hidden ? "no" : "yes");
  };
  button.addEventListener("click", toggle);
  $("[data-close]", pane).addEventListener("click", () => (toggle(), button.focus()));

  /** Bring into sight what is written in. */
  const follow = (key) => shown()?.contentDocument?.querySelector(`[data-section="${CSS.escape(key)}"]`)?.scrollIntoView({ block: "nearest" });

  const kept = localStorage.getItem(KEPT);
  const begin = () => open(innerWidth >= WIDE && kept !== "no");
  return { begin, draw: calm(draw, 150), follow };
}
