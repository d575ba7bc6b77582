// Runs turash/static/js/live.js on a stage of its own: a clock, a page and sockets that do what the
// test says. Prints what happened, as JSON.
import { readFileSync } from "node:fs";

let now = 0;
let timers = [];
const opened = [];
const listeners = {};
const stored = new Map();
const add = (name, f) => (listeners[name] ??= []).push(f);
const fire = (name, event = {}) => listeners[name]?.forEach((f) => f(event));

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

const told = [];
const says = { on: "live", again: "again", off: "off", since: "%s" };
const element = (name) => ({
  classList: { toggle() {} },
  dataset: says,
  textContent: "",
  isConnected: true,
  addEventListener() {},
  dispatchEvent: ({ name: event }) => told.push(`${name} ${event}`),
});
const indicator = element("indicator");
const fragments = [element("first"), element("second")];
const page = {
  hidden: false,
  documentElement: { lang: "en" },
  body: { addEventListener: add, dispatchEvent() {} },
  addEventListener: add,
  querySelectorAll: () => fragments,
  querySelector: (what) => (what === "script[data-live]" ? { dataset: { user: "u", after: "7", close: "x" } } : indicator),
};
const later = (f, ms) => timers.push({ f, at: now + ms, every: 0 }) && timers.at(-1);
const stage = {
  document: page,
  window: { addEventListener: add },
  location: { protocol: "http:", host: "here", pathname: "/" },
  sessionStorage: { getItem: (k) => stored.get(k) ?? null, setItem: (k, v) => stored.set(k, String(v)) },
  WebSocket: FakeSocket,
  navigator: { onLine: true },
  CustomEvent: class {
    constructor(name) {
      this.name = name;
    }
  },
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
    now = Math.max(now, next.at); // late, if all slept
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
  laptop_asleep_with_the_page_in_sight() {
    last().on.open();
    now += 40_000; // No timer runs meanwhile, and nobody fires an event.
    pass(1);
    last().on.open();
  },
  put_off_timers_of_a_hidden_page() {
    last().on.open();
    page.hidden = true;
    for (let i = 0; i < 3; i++) {
      now += 50_000; // Timers are put off, but signs of life are heard.
      hear({ type: "heartbeat" });
      pass(1);
    }
  },
  offline() {
    last().on.open();
    stage.navigator.onLine = false;
    fire("offline");
    told.push(indicator.textContent.split(" ")[0]);
    stage.navigator.onLine = true;
    fire("online");
    last().on.open();
  },
  out_of_the_cache() {
    last().on.open();
    fire("pageshow", { persisted: false });
    fire("pageshow", { persisted: true });
  },
  failed_fetch() {
    last().on.open();
    fire("htmx:sendError", { detail: { elt: fragments[1] } });
    fire("htmx:responseError", { detail: { elt: fragments[0], xhr: { status: 404 } } });
    last().on.close({ code: 1006 });
    told.push(indicator.textContent.split(" ")[0]);
    fire("online");
    last().on.open();
    told.push(indicator.textContent);
  },
  long_away() {
    last().on.open();
    now += 3_600_000;
    fire("visibilitychange");
    last().on.open();
  },
  signed_out() {
    last().on.close({ code: 4401 });
    fire("online");
    pass(600_000);
  },
};
scenarios[scenario]();
console.log(JSON.stringify({ sockets: opened.map(({ url, isClosed }) => ({ url, isClosed })), told }));
