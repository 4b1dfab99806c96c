// A server by script: it loses, doubles and delays what a real one does not on demand. Same calls as socket.io-client.
export function scriptedServer() {
  const listeners = { any: [] };
  const asked = [];
  const socket = {
    connected: false,
    active: true,
    on: (name, listener) => (listeners[name] ??= []).push(listener),
    onAny: (listener) => listeners.any.push(listener),
    emit: (type, message) => asked.push([type, message]),
    timeout: () => ({
      emitWithAck: (type, message) =>
        new Promise((answer, refuse) => asked.push([type, message, answer, refuse])),
    }),
    connect: () => socket,
    disconnect: () => socket,
  };
  const fire = (name, ...args) => (listeners[name] ?? []).forEach((listener) => listener(...args));
  const settle = () => new Promise((done) => setTimeout(done, 0));
  return {
    io: () => socket,
    asked,
    say: (type, message) => listeners.any.forEach((listener) => listener(type, message)),
    fact(seq) {
      this.say("task.updated", { room: "project:1", seq, type: "task.updated" });
    },
    async open() {
      socket.connected = true;
      fire("connect");
      this.say("ready", { rooms: {} });
      await settle();
    },
    async cut() {
      socket.connected = false;
      for (const [, , , refuse] of asked.splice(0)) refuse?.(new Error("socket has been disconnected"));
      fire("disconnect", "transport close");
      await settle();
    },
    /** Answers the oldest question; gives what was asked. */
    async answer(reply) {
      const [type, message, give] = asked.shift();
      give?.(reply);
      await settle();
      return { type, ...message };
    },
    settle,
  };
}
