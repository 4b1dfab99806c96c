/** The door of a protected proposal: a code by e-mail, and then the page in its place. */
import { Link } from "./link.js";

const link = new Link(document.body.dataset.token);
const [ask, prove, problem] = ["ask", "prove", "problem"].map((id) => document.getElementById(id));

const tell = (text) => Object.assign(problem, { textContent: text, hidden: !text });

/** Put the page here as if it had been opened: its scripts begin anew. */
async function open() {
  const { status, document: page } = await link.page();
  if (status !== 200) return false;
  const { body } = page;
  document.title = page.title;
  document.body.replaceWith(document.adoptNode(body));
  const load = (src) => new Promise((done) => document.head.append(Object.assign(document.createElement("script"), { src, onload: done })));
  const scripts = [...page.querySelectorAll("script[src]")];
  for (const one of scripts.filter((s) => s.type !== "module")) await load(one.getAttribute("src"));
  for (const one of scripts.filter((s) => s.type === "module")) await import(one.getAttribute("src"));
  return true;
}

ask.addEventListener("submit", async (event) => {
  event.preventDefault();
  tell("");
  try {
    await link.post("verify");
    ask.hidden = true;
    prove.hidden = false;
    prove.code.focus();
  } catch (refusal) {
    tell(link.words(refusal));
  }
});

prove.addEventListener("submit", async (event) => {
  event.preventDefault();
  tell("");
  try {
    link.proof = (await link.post("verify", { code: prove.code.value })).access_token;
    await open();
  } catch (refusal) {
    tell(link.words(refusal));
    if (refusal.code !== "credentials_wrong") Object.assign(ask, { hidden: false }) && (prove.hidden = true);
  }
});

if (link.proof && !(await open())) link.proof = null;
