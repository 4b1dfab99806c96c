/** A proposal that is open at its recipient's: drawn by the server, kept in step by its room. */
import { Live, Problem } from "../mediaflow.js";
import { choosing } from "./choosing.js";
import { Link } from "./link.js";
import { read } from "./reading.js";
import { signing } from "./signing.js";

const { token, room, version } = document.body.dataset;
const link = new Link(token);
const byId = (id) => document.getElementById(id);

// ---- what the server draws anew ----

let asked = null;

/** Put what changed in its place; several wishes at once are one request. Answers where in the room this is. */
function draw() {
  asked ??= new Promise((done) => setTimeout(done, 30)).then(take).finally(() => (asked = null));
  return asked;
}

async function take() {
  const { status, document: fresh } = await link.page();
  if (status !== 200) {
    await close(fresh);
    throw new Problem(404, { title: "The link is closed." });
  }
  const { epoch, seq, version: now } = fresh.body.dataset;
  if (now !== version) news();
  else for (const part of document.querySelectorAll("[data-live]")) put(part, fresh.getElementById(part.id));
  return { epoch, seq: Number(seq) };
}

function put(part, fresh) {
  // What was clicked and refused looks the same in the markup: the prices are always put anew.
  if (!fresh || waiting(part) || (part.id !== "pricing" && part.isEqualNode(fresh))) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : null;
  for (const { name, value } of fresh.attributes) part.setAttribute(name, value);
  part.replaceChildren(...fresh.childNodes);
  if (focused) byId(focused)?.focus();
  document.dispatchEvent(new Event("drawn"));
}

function news() {
  byId("news").hidden = false;
  byId("show-news").onclick = () => location.reload();
  document.body.classList.add("old");
}

let shut = false;

async function close(fresh) {
  if (shut) return;
  shut = true;
  live.close();
  fresh ??= (await link.page()).document;
  document.body.replaceChildren(...fresh.body.childNodes);
}

// ---- the room ----

const live = new Live(link).connect();
live.addEventListener("state", () => (document.body.dataset.state = live.state));
const { epoch, seq } = document.body.dataset;
let known = { epoch, seq: Number(seq) }; // what the page was drawn at
live.follow(room, {
  load: async () => {
    const at = known ?? (await draw());
    known = null;
    return at;
  },
  apply: () => draw().catch(() => {}), // the next event, or the next look, says it again
  closed: () => close(),
});
live.addEventListener("closed", ({ detail }) => detail.code === "token_revoked" && close());

// ---- what the recipient does ----

const say = (form, refusal) => {
  const place = form.querySelector(".problem");
  Object.assign(place, { textContent: refusal ? link.words(refusal) : "", hidden: !refusal });
};

const question = byId("question");
question.hidden = false;
question.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = question.body.value.trim();
  if (!body) return;
  try {
    await link.post("comments", { body });
  } catch (refusal) {
    return say(question, refusal); // what was written stays
  }
  question.reset();
  say(question, null);
  await draw().catch(() => {});
});

document.addEventListener("click", async (event) => {
  if (event.target.closest("#pdf")) await download(event);
});

/** The PDF may still be printed: ask until it is there. */
async function download(event) {
  event.preventDefault();
  const anchor = event.target.closest("#pdf");
  anchor.setAttribute("aria-busy", "true");
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      const answer = await fetch(anchor.href, { headers: { ...link.headers, Prefer: "wait=25" } });
      if (answer.status === 202) continue;
      if (!answer.ok) throw new Problem(answer.status, await answer.json());
      const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "proposal.pdf";
      const href = URL.createObjectURL(await answer.blob());
      Object.assign(document.createElement("a"), { href, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
      break;
    }
  } catch (refusal) {
    say(byId("answer"), refusal instanceof Problem ? refusal : new Problem(0));
  } finally {
    anchor.removeAttribute("aria-busy");
  }
}

const waiting = choosing({ link, draw });
signing({ link, draw, say });
read(link);
