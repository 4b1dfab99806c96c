/** The board by keyboard: arrows go from card to card, Space lifts, arrows move, Space drops, Escape puts back. */

import { settleMove } from "./columns.js";
import { $, $$, announce } from "./ui.js";

export function keyboard(columns, store, { open, help }) {
  const { root } = columns;
  let lifted = null; // the id of the card in hand

  root.addEventListener("focusin", (event) => {
    const card = event.target.closest(".card[data-id]");
    if (card) columns.settle(card);
    if (lifted && card?.dataset.id !== lifted) putBack();
  });

  document.addEventListener("keydown", (event) => {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.target.closest("input, textarea, select, dialog, [contenteditable]")
    )
      return;
    if (event.key === "?") return help();
    const card = event.target.closest(".card[data-id]");
    if (event.key.toLowerCase() === "n" && !lifted) {
      event.preventDefault();
      columns.compose(card?.closest(".column").dataset.key ?? store.columns[0].key);
    } else if (card) onCard(event, card);
  });

  function onCard(event, card) {
    const id = card.dataset.id;
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (event.key === " ") lifted ? putDown() : lift(id, card);
    else if (event.key === "Escape" && lifted) putBack();
    else if (event.key === "Enter") lifted ? putDown() : open(id);
    else if (step) lifted ? carry(...step) : go(card, ...step);
    else return;
    event.preventDefault();
  }

  function go(card, dx, dy) {
    const item = store.get(card.dataset.id);
    if (dy) {
      const list = store.column(store.place(item));
      const next = list[list.findIndex((one) => one.id === item.id) + dy];
      if (next) columns.card(next.id).focus();
      return;
    }
    const all = $$(".column", root);
    const from = $$(".card[data-id]", card.parentElement).indexOf(card);
    for (let i = all.indexOf(card.closest(".column")) + dx; all[i]; i += dx) {
      const cards = $$(".card[data-id]", all[i]);
      if (cards.length) return cards[Math.min(from, cards.length - 1)].focus();
    }
  }

  function where(id) {
    const key = store.place(store.get(id));
    const list = store.column(key);
    const column = store.columns.find((one) => one.key === key);
    return { column, index: list.findIndex((one) => one.id === id), size: list.length };
  }

  const say = (id, verb) => {
    const { column, index, size } = where(id);
    announce(`${store.title(store.get(id))}, ${verb}: ${column.name}, ${index + 1} of ${size}.`);
  };

  function lift(id, card) {
    lifted = id;
    card.classList.add("lifted");
    say(id, "lifted");
  }

  function carry(dx, dy) {
    const { column, index } = where(lifted);
    const to = store.columns[store.columns.indexOf(column) + dx];
    if (!to) return;
    const room = store.column(to.key).filter((item) => item.id !== lifted).length;
    store.preview(lifted, to.key, Math.max(0, Math.min(index + dy, room)));
    columns.draw();
    columns.card(lifted).scrollIntoView({ block: "nearest", inline: "nearest" });
    say(lifted, "now in");
  }

  function letGo() {
    const id = lifted;
    lifted = null;
    columns.card(id)?.classList.remove("lifted");
    return id;
  }

  function putDown() {
    const id = letGo();
    say(id, "put down in");
    settleMove(store, id);
  }

  function putBack() {
    const id = letGo();
    store.cancel(id);
    if (store.get(id)) announce(`${store.title(store.get(id))} is back in its place.`);
  }

  $("#keys-button").addEventListener("click", help);
}
