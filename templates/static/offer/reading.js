/**
 * What is read, and for how long: a section counts while it is in sight and the window is looked at; focused while the
 * window has the focus and somebody moved a moment ago. Told four times a minute, and when the page is left or seen again.
 */

const TICK_MS = 500;
const TELL_MS = 15_000;
const FIRST_MS = 1_500; // the first word goes out soon: somebody is reading
const IDLE_MS = 60_000;
const AT_ONCE = 2; // sections in one telling; the rest waits for the next

export function read(link) {
  const spent = new Map();
  let moved = Date.now();
  let last = performance.now();
  let deepest = 0;
  for (const type of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove", "scroll"])
    addEventListener(type, () => (moved = Date.now()), { passive: true });

  const current = () => {
    const line = innerHeight / 3;
    const sections = [...document.querySelectorAll("[data-section]")].filter((s) => s.dataset.section);
    const at = sections.filter((s) => s.getBoundingClientRect().top <= line).at(-1);
    return (at && at.getBoundingClientRect().bottom > 0 ? at : sections[0])?.dataset.section ?? null;
  };

  const tick = () => {
    const now = performance.now();
    const passed = Math.min(now - last, 4 * TICK_MS); // a laptop that slept was not read
    last = now;
    if (document.visibilityState !== "visible" || !document.querySelector("[data-section]")) return;
    const key = current();
    const had = spent.get(key) ?? { visible_ms: 0, focused_ms: 0 };
    had.visible_ms += passed;
    if (document.hasFocus() && Date.now() - moved < IDLE_MS) had.focused_ms += passed;
    spent.set(key, had);
    const height = document.documentElement.scrollHeight;
    deepest = Math.max(deepest, Math.min(100, Math.round(((scrollY + innerHeight) / height) * 100)));
  };

  const say = ([section, { visible_ms, focused_ms }], more, options) => {
    const body = { visible_ms: Math.round(visible_ms), focused_ms: Math.round(focused_ms), scrolled: deepest, ...more };
    link.post("view", section ? { section, ...body } : body, options).catch(() => {}); // the next one tells the rest
  };

  const tell = (most = AT_ONCE, more = {}, options = {}) => {
    const longest = [...spent].sort(([, a], [, b]) => b.visible_ms - a.visible_ms).slice(0, most);
    for (const [section] of longest) spent.delete(section);
    for (const part of longest) say(part, more, options);
    return longest.length;
  };

  // Each of the last words says that they are the last: they may arrive in any order.
  let left = false;
  const leave = () => {
    if (left) return;
    left = true;
    const [more, options] = [{ left: true }, { keepalive: true }];
    if (!tell(4, more, options)) say([null, { visible_ms: 0, focused_ms: 0 }], more, options);
  };

  setInterval(tick, TICK_MS);
  setTimeout(tell, FIRST_MS);
  setInterval(tell, TELL_MS);
  const come = () => {
    left = false;
    setTimeout(tell, FIRST_MS);
  };
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? leave() : come()));
  addEventListener("pagehide", leave); // a tab that is closed need not have been hidden
  addEventListener("pageshow", ({ persisted }) => persisted && come());
}
