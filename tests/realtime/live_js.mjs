// Runs turash/static/js/live.js on a stage of its own: a clock, a page and sockets that do what the
// test says. Prints what happened, as JSON.
import { readFileSync } from "node:fs";

let now = 0;
let timers = [];
const opened = [];
const listeners = {};
const stored = new Map();
const add = (name, f) => (listeners[name] ??= []).push(f);
const fire = (name) => listeners[name]?.forEach((f) => f());

class FakeSocket {
  constructor(url) {
    Object.assign(this, { url, on: {}, isClosed: false });
    opened.push(this);
  }
  addEventListener(name, f) {
    this.on[name] = f;
  }
  close() {
    this.isClosed = true;
  }
}

const element = () => ({ classList: { toggle() {} }, dataset: { on: "on", off: "off" }, addEventListener() {} });
const page = {
  hidden: false,
  body: { addEventListener() {}, dispatchEvent() {} },
  addEventListener: add,
  querySelector: (what) => (what === "script[data-live]" ? { dataset: { user: "u", after: "7", close: "x" } } : element()),
};
const later = (f, ms) => timers.push({ f, at: now + ms, every: 0 }) && timers.at(-1);
const stage = {
  document: page,
  window: { addEventListener: add },
  location: { protocol: "http:", host: "here", pathname: "/" },
  sessionStorage: { getItem: (k) => stored.get(k) ?? null, setItem: (k, v) => stored.set(k, String(v)) },
  WebSocket: FakeSocket,
  CustomEvent: class {},
  setTimeout: later,
  clearTimeout: (timer) => (timers = timers.filter((other) => other !== timer)),
  setInterval: (f, ms) => Object.assign(later(f, ms), { every: ms }),
  Date: { now: () => now },
};

function pass(ms) {
  for (const end = now + ms; ; ) {
    const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
    if (!next) {
      now = end;
      return;
    }
    now = next.at;
    if (next.every) next.at += next.every;
    else timers = timers.filter((timer) => timer !== next);
    next.f();
  }
}

const [, , live, scenario] = process.argv;
new Function(...Object.keys(stage), readFileSync(live, "utf8"))(...Object.values(stage));
const last = () => opened.at(-1);
const hear = (message) => last().on.message({ data: JSON.stringify(message) });

const scenarios = {
  heartbeats() {
    last().on.open();
    for (let i = 0; i < 30; i++) {
      pass(20_000);
      hear({ type: "heartbeat" });
    }
  },
  silence() {
    last().on.open();
    hear({ id: 9, type: "match_found", subject: { id: "m", url: "/m" } });
    pass(75_000);
  },
  sleep() {
    last().on.open();
    hear({ id: 9, type: "match_found", subject: { id: "m", url: "/m" } });
    now += 3_600_000; // No timer runs while a laptop sleeps.
    fire("visibilitychange");
  },
  online() {
    last().on.close({ code: 1006 });
    fire("online");
  },
  restart() {
    last().on.open();
    last().on.close({ code: 1012 });
    pass(5_000);
  },
  signed_out() {
    last().on.close({ code: 4401 });
    fire("online");
    pass(600_000);
  },
};
scenarios[scenario]();
console.log(JSON.stringify(opened.map(({ url, isClosed }) => ({ url, isClosed }))));
