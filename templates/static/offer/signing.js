/** Signing and declining: under exactly what is shown, whose digest the page carries. */

const byId = (id) => document.getElementById(id);

export function signing({ link, draw, say }) {
  const [dialog, declining] = [byId("signing"), byId("declining")];
  const pad = drawing(byId("drawing"));
  const name = byId("name");
  const typed = () => (byId("typed").textContent = name.value);

  document.addEventListener("click", ({ target }) => {
    if (target.closest("#sign-open")) {
      dialog.querySelector("[data-mirror]").textContent = byId("bar-total").textContent;
      typed();
      dialog.showModal();
    }
    if (target.closest("#decline-open")) declining.showModal();
    if (target.closest("[data-close]")) target.closest("dialog").close();
    if (target.closest("#clear")) pad.clear();
  });
  // What is signed is what is shown: when it changes under the open dialog, its total changes with it.
  document.addEventListener("drawn", () => {
    dialog.querySelector("[data-mirror]").textContent = byId("bar-total").textContent;
  });
  name.addEventListener("input", typed);

  const answer = (form, box, verb, body) =>
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      say(form, null);
      const button = form.querySelector(".acts .button");
      button.disabled = true;
      try {
        await link.post(verb, body());
        box.close();
      } catch (refusal) {
        say(form, refusal);
      } finally {
        button.disabled = false;
        await draw().catch(() => {});
      }
    });
  answer(byId("sign"), dialog, "sign", () => ({
    name: name.value,
    digest: byId("answer").dataset.digest,
    consent: byId("consent").checked,
    ...(pad.empty ? {} : { drawing: pad.picture() }),
  }));
  answer(byId("decline"), declining, "decline", () => ({ reason: byId("reason").value }));
}

/** A canvas to draw on with a finger, a pen or the mouse. */
function drawing(canvas) {
  const pen = canvas.getContext("2d");
  Object.assign(pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: "#14151f" });
  const pad = {
    empty: true,
    clear: () => (pen.clearRect(0, 0, canvas.width, canvas.height), (pad.empty = true)),
    picture: () => canvas.toDataURL("image/png"),
  };
  let last = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const next = at(event);
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...next);
    pen.stroke();
    last = next;
    pad.empty = false;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (last = null));
  return pad;
}
