/**
 * Options and quantities. What was clicked is a wish until the server has taken it: wishes wait for the one that is on
 * its way and go together, and what the network or a busy server refused is said, and tried again.
 */

const AGAIN_S = 3;
const passing = ({ status }) => status === 0 || status === 429 || status >= 500;
const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

export function choosing({ link, draw }) {
  const wishes = new Map(); // by item, in the order of the clicks
  const place = document.getElementById("choosing");
  let busy = false;

  const say = (text) => Object.assign(place, { textContent: text, hidden: !text });

  const wish = (id, change) => {
    const all = { ...wishes.get(id), ...change };
    wishes.delete(id); // of a group, the last click counts
    wishes.set(id, all);
  };

  /** Give back what was refused: what was wished meanwhile stands. */
  const restore = (asked) => {
    const since = [...wishes];
    wishes.clear();
    for (const [id, change] of [...asked, ...since]) wish(id, change);
  };

  async function send() {
    const asked = [...wishes];
    wishes.clear();
    try {
      await link.post("options", { items: asked.map(([id, change]) => ({ id, ...change })) });
      say("");
    } catch (refusal) {
      if (!passing(refusal)) return say(link.words(refusal)); // what is drawn next is the truth
      restore(asked);
      say(`${link.words(refusal)} ${place.dataset.again}`);
      await pause(refusal.retryAfter ?? AGAIN_S);
    }
  }

  document.addEventListener("change", async ({ target }) => {
    const id = target.closest("[data-item]")?.dataset.item;
    if (!id) return;
    wish(id, target.matches("[data-choose]") ? { selected: target.checked } : { quantity: target.value });
    if (busy) return;
    busy = true;
    document.getElementById("sign-open")?.setAttribute("disabled", ""); // only what is shown can be signed
    while (wishes.size) await send();
    busy = false;
    await draw().catch(() => {});
  });

  /** Whether a part of the page waits for the server to take what was chosen: it is not drawn meanwhile. */
  return (part) => busy && (part.id === "pricing" || part.id === "answer");
}
