/** Files that only a session may have: fetched with its token, waited for while they are made, handed to the browser. */

import { Problem } from "../mediaflow.js";

const PATIENCE = "wait=25"; // seconds that the server may take before it says that it is still printing
const LOOKS = 8;

/** `name` is what the file is called where the server does not say. */
export async function download(session, path, name) {
  const answer = await fetched(session, path);
  const told = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  save(await answer.blob(), told ?? name);
}

async function fetched(session, path) {
  for (let look = 0; look < LOOKS; look++) {
    const headers = { Authorization: `Bearer ${await session.token()}`, Prefer: PATIENCE };
    const answer = await fetch(path, { headers }).catch(() => null);
    if (!answer) throw new Problem(0, { title: "The server cannot be reached. Check the network and try again." });
    if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
    if (answer.status !== 202) return answer;
  }
  throw new Problem(503, { title: "It is still being printed. Try again in a minute." });
}

function save(file, name) {
  const address = URL.createObjectURL(file);
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
