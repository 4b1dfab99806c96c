/** Moving cards by mouse and finger: the card lifts after 5 px of mouse or a long press, so that a finger can scroll. */

import { settleMove } from "./columns.js";
import { $, $$ } from "./ui.js";

const SLOP = 5;
const LONG_PRESS_MS = 260;
const EDGE = 56;

export function drag(columns, store) {
  const { root } = columns;
  let held = null;
  let justDropped = false;

  root.addEventListener("pointerdown", (event) => {
    const card = event.target.closest(".card[data-id]");
    if (held || !card || event.button !== 0 || event.target.closest("button, a, input, textarea")) return;
    held = { card, id: card.dataset.id, pointer: event.pointerId, x: event.clientX, y: event.clientY, ghost: null };
    if (event.pointerType === "mouse") return;
    held.timer = setTimeout(lift, LONG_PRESS_MS);
    // On the very element that is touched: it gets its touches even when the card is drawn anew meanwhile.
    held.touched = event.target;
    held.touched.addEventListener("touchmove", hold, { passive: false });
  });

  addEventListener("pointermove", (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    const far = Math.hypot(event.clientX - held.x, event.clientY - held.y) > SLOP;
    if (!held.ghost && far && event.pointerType !== "mouse") return release(false); // a finger that scrolls
    if (!held.ghost && far) lift();
    if (held.ghost) follow(event.clientX, event.clientY);
  });
  // Without a listener that is not passive from the start, a browser does not ask before it scrolls.
  root.addEventListener("touchmove", hold, { passive: false });
  root.addEventListener("contextmenu", (event) => held && event.preventDefault());
  addEventListener("pointerup", (event) => held?.pointer === event.pointerId && release(true));
  addEventListener("pointercancel", (event) => held?.pointer === event.pointerId && release(false));
  addEventListener(
    "keydown",
    (event) => event.key === "Escape" && held?.ghost && (event.stopPropagation(), release(false)),
    true,
  );
  root.addEventListener("click", (event) => justDropped && (event.stopPropagation(), event.preventDefault()), true);

  function hold(event) {
    if (held?.ghost) event.preventDefault(); // the page must not scroll under a lifted card
  }

  function lift() {
    const box = held.card.getBoundingClientRect();
    const ghost = held.card.cloneNode(true);
    ghost.removeAttribute("data-id");
    ghost.setAttribute("aria-hidden", "true");
    ghost.classList.add("ghost");
    ghost.style.width = `${box.width}px`;
    document.body.append(ghost);
    held.card.classList.add("hole");
    document.body.classList.add("dragging");
    root.classList.add("still");
    Object.assign(held, { ghost, dx: held.x - box.left, dy: held.y - box.top, scroll: setInterval(scroll, 16) });
    follow(held.x, held.y);
  }

  function follow(x, y) {
    Object.assign(held, { px: x, py: y });
    held.ghost.style.transform = `translate(${x - held.dx}px, ${y - held.dy}px) rotate(2.5deg)`;
    const column = $$(".column", root).find((one) => {
      const box = one.getBoundingClientRect();
      return x >= box.left && x <= box.right;
    });
    for (const one of $$(".column.over", root)) if (one !== column) one.classList.remove("over");
    if (!column) return;
    column.classList.add("over");
    const others = $$(".card[data-id]", column).filter((card) => card !== held.card);
    const index = others.filter((card) => {
      const box = card.getBoundingClientRect();
      return y > box.top + box.height / 2;
    }).length;
    const place = `${column.dataset.key}/${index}`;
    if (place !== held.place) store.preview(held.id, column.dataset.key, index);
    held.place = place;
  }

  function scroll() {
    const { px: x, py: y } = held;
    const board = root.getBoundingClientRect();
    if (x < board.left + EDGE) root.scrollLeft -= 12;
    if (x > board.right - EDGE) root.scrollLeft += 12;
    const list = $(".column.over .cards", root);
    if (!list) return;
    const box = list.getBoundingClientRect();
    if (y < box.top + EDGE) list.scrollTop -= 10;
    if (y > box.bottom - EDGE) list.scrollTop += 10;
  }

  function release(drop) {
    const { card, id, ghost, timer, touched, scroll: scrolling } = held;
    held = null;
    touched?.removeEventListener("touchmove", hold);
    clearTimeout(timer);
    clearInterval(scrolling);
    if (!ghost) return;
    ghost.remove();
    card.classList.remove("hole");
    document.body.classList.remove("dragging");
    root.classList.remove("still");
    for (const one of $$(".column.over", root)) one.classList.remove("over");
    justDropped = true;
    setTimeout(() => (justDropped = false), 0);
    if (drop) settleMove(store, id);
    else store.cancel(id);
  }
}
