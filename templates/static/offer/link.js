/** Who has a link: the calls that it allows, and the token that its sockets show. */
import { Problem } from "../mediaflow.js";

const KEPT = "mediaflow:link:"; // the token that a code was answered with, for as long as the tab is open

export class Link extends EventTarget {
  constructor(token) {
    super();
    this.link = token;
    this.says = JSON.parse(document.body.dataset.says);
    this.path = `/api/proposals/public/${token}`;
  }

  get proof() {
    return sessionStorage.getItem(KEPT + this.link);
  }

  set proof(token) {
    if (token) sessionStorage.setItem(KEPT + this.link, token);
    else sessionStorage.removeItem(KEPT + this.link);
  }

  /** For sockets. */
  token = async () => this.proof ?? this.link;
  renew = async () => {
    throw new Problem(401, { title: "A link is not renewed." });
  };

  get headers() {
    return this.proof ? { Authorization: `Bearer ${this.proof}` } : {};
  }

  /** What the page says of a refusal, in its reader's language. */
  words = ({ code }) => this.says[code] ?? this.says.refused;

  async post(verb, body = {}, options = {}) {
    const headers = { "Content-Type": "application/json", ...this.headers };
    const answer = await fetch(`${this.path}/${verb}`, { method: "POST", headers, body: JSON.stringify(body), ...options })
      .catch(() => null);
    if (!answer) throw new Problem(0);
    const value = await answer.json().catch(() => null); // 204, or a proxy's own words
    if (!answer.ok) throw new Problem(answer.status, value ?? {}, Number(answer.headers.get("Retry-After")) || null);
    return value;
  }

  /** This page as the server draws it now. */
  async page() {
    const answer = await fetch(`/p/${this.link}`, { headers: this.headers, cache: "no-store" });
    const text = (await answer.text()).replace(/<style[\s\S]*?<\/style>/g, ""); // it has another nonce, and is here already
    return { status: answer.status, document: new DOMParser().parseFromString(text, "text/html") };
  }
}
