/**
 * MediaFlow in a browser: one session, one socket, and rooms that miss nothing.
 *
 *   <script src="/static/vendor/socket.io.min.js"></script>        gives the global `io`
 *
 *   import { Session, Live } from "/static/mediaflow.js";
 *   const session = new Session();                                 // the refresh token is in a cookie
 *   const live = new Live(session).connect();
 *   live.addEventListener("state", () => show(live.state));        // "live" | "catching-up" | "offline"
 *   const room = live.follow(`project:${id}`, {
 *     load: async () => draw(await session.get(`/api/projects/${id}/board`)),  // returns {epoch, seq}
 *     apply: (event) => change(event.type, event.data),            // each once, in order, without a gap
 *   });
 *
 * The rule it keeps for every room: remember `(epoch, seq)`; drop an event with `seq <= last`, apply `last + 1`,
 * and for anything else join again from `last`.
 */

const PATIENCE_MS = 10_000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const backoff = (attempt) => Math.min(250 * 2 ** attempt, PATIENCE_MS) * (0.5 + Math.random() / 2);

/** A refusal by the server, or `code: "unreachable"` when there was no answer. */
export class Problem extends Error {
  constructor(status, body = {}, retryAfter = null) {
    super(body.detail || body.title || "The server did not answer.");
    Object.assign(this, { status, code: body.code ?? "unreachable", errors: body.errors ?? [], body, retryAfter });
  }
}

/** 128 random bits; `crypto.randomUUID` is missing on plain http, where a self-hosted server may well live. */
const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** Tabs share the cookie: they renew one after the other, so that none uses a spent token. */
const inTurn = (work) => (navigator.locks ? navigator.locks.request("mediaflow:renew", work) : work());

/**
 * Who is signed in, and the way to the REST API. The access token is in memory only.
 * Tells "renewed" when there is a new access token and "ended" when the session is over.
 */
export class Session extends EventTarget {
  #token = null;
  #until = 0;
  #renewing = null;
  user = null;
  team = null;

  /** Take the answer of a sign-in as this session. */
  adopt(answer) {
    this.#token = answer.access_token;
    this.#until = Date.now() + answer.expires_in * 1000 - 5000;
    Object.assign(this, { user: answer.user, team: answer.team });
    this.dispatchEvent(new Event("renewed"));
    return this.#token;
  }

  /** A token that is good now. */
  async token() {
    return this.#token && Date.now() < this.#until ? this.#token : this.renew();
  }

  /** A new token; any number of callers at once cause one request. */
  renew() {
    this.#renewing ??= inTurn(() => this.#refresh()).finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #refresh() {
    try {
      return this.adopt(await this.open("/api/auth/refresh"));
    } catch (problem) {
      if (problem.status === 401) this.#end();
      throw problem;
    }
  }

  /** Throws when the server cannot be told: the session would live on in its cookie. */
  async signOut() {
    await this.post("/api/auth/logout");
    this.#end();
  }

  #end() {
    this.#token = null;
    this.dispatchEvent(new Event("ended"));
  }

  /** A call that needs no access token (the sign-in endpoints); the refresh token stays in its cookie. */
  open = (path, body = {}) => this.#send("POST", path, body, {});
  get = (path) => this.call("GET", path);
  post = (path, body = {}) => this.call("POST", path, body);
  patch = (path, body = {}) => this.call("PATCH", path, body);
  remove = (path) => this.call("DELETE", path);

  /**
   * A call as this person. A token that ran out is renewed, and an answer that got lost is asked for again:
   * a POST under the same Idempotency-Key, so that it happens once.
   */
  async call(method, path, body, headers = {}) {
    const own = { ...(method === "POST" && { "Idempotency-Key": newKey() }), ...headers };
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#send(method, path, body, { ...own, Authorization: `Bearer ${await this.token()}` });
      } catch (problem) {
        const lost = problem.status === 0 || problem.status === 503;
        if (attempt > 0 || !(problem.status === 401 || lost)) throw problem;
        if (lost) await pause(backoff(1));
        else this.#token = null;
      }
    }
  }

  async #send(method, path, body, headers) {
    const type = body === undefined ? {} : { "Content-Type": "application/json" };
    headers = { Accept: "application/json", "X-Session": "cookie", ...type, ...headers };
    const sent = JSON.stringify(body);
    // What is saved while the page goes away is still sent; browsers take no more than this along.
    const keepalive = globalThis.document?.visibilityState === "hidden" && sent?.length < 16_000;
    const answer = await fetch(path, { method, headers, body: sent, keepalive }).catch(() => null);
    if (!answer) throw new Problem(0, { title: "The server cannot be reached. Check the network and try again." });
    const text = await answer.text();
    const value = text && /json/.test(answer.headers.get("Content-Type") ?? "") ? JSON.parse(text) : null;
    if (!answer.ok) throw new Problem(answer.status, value ?? {}, answer.headers.get("Retry-After"));
    return value;
  }
}

/**
 * The socket and the rooms on it. Tells "state", "ready", "degraded" and every message that belongs to no followed
 * room by its own name, as CustomEvents with the payload in `detail`.
 */
export class Live extends EventTarget {
  state = "offline";
  degraded = false;
  #socket;
  #rooms = new Map();
  #greeted = false;
  #refusals = 0;
  #farewell;

  constructor(session, { io = globalThis.io, url = location.origin, options = {} } = {}) {
    super();
    this.session = session;
    const token = () => session.token().catch(() => ""); // without one the server refuses, and we come back
    const auth = async (give) => give({ token: await token() });
    this.#socket = io(url, { ...options, auth, autoConnect: false });
    this.#socket.on("disconnect", (reason) => this.#lost(reason));
    this.#socket.on("connect_error", (error) => this.#socket.active || this.#comeBack(error.data?.code));
    this.#socket.onAny((type, message) => this.#heard(type, message ?? {}));
    session.addEventListener("renewed", () => this.#renewed());
    session.addEventListener("ended", () => this.close());
    globalThis.addEventListener?.("online", () => this.#socket.connected || this.#socket.disconnect().connect());
  }

  connect = () => (this.#socket.connect(), this);
  close = () => this.#socket.disconnect();

  /**
   * Follow a room until `leave()`. Hooks, each of them optional:
   *   load()            draw the snapshot; answers the `{epoch, seq}` it is true at
   *   fresh()           instead of load, where no snapshot names a seq: called after joining at the head
   *   apply(event)      the next event of the room
   *   signal(type, m)   presence.joined, presence.left, typing, cursor
   *   people(members)   who is here, after every join
   *   closed(code)      the room has ended for this person
   */
  follow(name, hooks) {
    // seq null: nothing to go on from, the snapshot comes first; early: events that came while a join was on its way
    const room = { name, hooks, epoch: null, seq: null, synced: false, busy: false, early: [] };
    room.leave = () => (this.send("leave", { room: name }), this.#forget(room));
    room.typing = (subject) => this.send("typing", { room: name, subject });
    this.#rooms.set(name, room);
    this.#sync(room);
    return room;
  }

  #forget(room) {
    if (this.#rooms.get(room.name) === room) this.#rooms.delete(room.name);
    this.#tell();
  }

  /** Send what may get lost; nothing is kept for later while offline. */
  send(type, message) {
    if (this.#socket.connected) this.#socket.emit(type, message);
  }

  #ask = (type, message) => this.#socket.timeout(PATIENCE_MS).emitWithAck(type, message);

  #heard(type, message) {
    const room = this.#rooms.get(message.room);
    if (type === "ready") this.#ready();
    else if (type === "auth.expiring") return void this.session.renew().catch(() => {});
    else if (type === "closed") this.#farewell = message.code;
    else if (type === "degraded") this.degraded = Boolean(message.on);
    else if (room && type === "room.closed") return this.#end(room, message.code);
    else if (room && type === "room.reset") return this.#again(room, null);
    else if (room && Number.isInteger(message.seq)) return this.#receive(room, message);
    else if (room) return room.hooks.signal?.(type, message);
    this.dispatchEvent(new CustomEvent(type, { detail: message }));
  }

  #ready() {
    this.#greeted = true;
    this.#refusals = 0;
    for (const room of this.#rooms.values()) this.#again(room, room.seq);
    this.#tell();
  }

  #receive(room, event) {
    if (!room.synced) room.early.push(event);
    else if (event.seq === room.seq + 1) this.#apply(room, event);
    else if (event.seq > room.seq) this.#again(room, room.seq);
  }

  #apply(room, event) {
    room.seq = event.seq;
    try {
      room.hooks.apply?.(event);
    } catch (error) {
      console.error("mediaflow: an event could not be drawn", event.type, error); // the next ones must still come
    }
  }

  #again(room, seq) {
    Object.assign(room, { seq, synced: false });
    this.#sync(room);
  }

  /** Bring a room in step: snapshot where there is nothing to go on from, join, replay, then live. One at a time. */
  async #sync(room) {
    if (room.busy) return;
    room.busy = true;
    this.#tell();
    for (let attempt = 0; this.#rooms.get(room.name) === room && !room.synced; attempt++) {
      if (attempt) await pause(backoff(attempt));
      try {
        const { epoch, seq } = room.seq === null && room.hooks.load ? await room.hooks.load() : room;
        Object.assign(room, { epoch, seq });
        if (!this.#greeted) break; // `ready` comes back here
        await this.#join(room);
      } catch (problem) {
        if ([401, 403, 404].includes(problem.status)) this.#end(room, problem.code);
      }
    }
    room.busy = false;
    this.#tell();
  }

  async #join(room) {
    const { name, epoch, seq } = room;
    room.early = [];
    const answer = await this.#ask("join", seq === null ? { room: name } : { room: name, after: seq, epoch });
    if (!answer.ok) throw new Problem(answer.code === "not_found" ? 404 : 0, answer);
    if (room.seq !== seq) return; // reset while we asked: begin again
    if (answer.reset) return void (room.seq = null);
    Object.assign(room, { epoch: answer.epoch, seq: seq ?? answer.seq, synced: true });
    if (seq === null) room.hooks.fresh?.();
    for (const event of [...answer.events, ...room.early]) this.#receive(room, event);
    if (room.hooks.people) this.#meet(room);
  }

  async #meet(room) {
    const here = await this.#ask("presence", { room: room.name }).catch(() => null); // the next join asks again
    if (here?.ok) room.hooks.people(here.members);
  }

  #end(room, code) {
    this.#forget(room);
    room.hooks.closed?.(code);
  }

  async #renewed() {
    if (this.#socket.connected) this.send("auth", { token: await this.session.token() });
  }

  #lost(reason) {
    this.#greeted = false;
    for (const room of this.#rooms.values()) Object.assign(room, { synced: false, early: [] });
    this.#tell();
    if (reason === "io server disconnect") this.#comeBack(this.#farewell);
  }

  /** The server turned us away. If it was for the token, come with a new one; if there is none, not at all. */
  async #comeBack(code = "token_unknown") {
    await pause(backoff(this.#refusals++));
    const problem = code.startsWith("token_") && (await this.session.renew().catch((refusal) => refusal));
    if (problem?.status !== 401 && !this.#socket.connected) this.#socket.connect();
  }

  #tell() {
    const behind = [...this.#rooms.values()].some((room) => !room.synced);
    const state = !this.#greeted ? "offline" : behind ? "catching-up" : "live";
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state } }));
  }
}
