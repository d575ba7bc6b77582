// What happens to my organizations, as it happens: every message of the websocket becomes a DOM
// event `turash:<type>` on the body, and one `turash:<type>:<id of the subject>`, for which
// fragments of the page wait.
const { user, after, close, ...texts } = document.querySelector("script[data-live]").dataset;
const KEY = `turash-after-${user}`;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
// Bursts (twenty matches of one new flow) refetch a fragment once.
const SETTLE_MS = 200;
const NOTICE_MS = 12_000;
// The server shows every 20 s that it lives. A connection that is silent for three times as long is
// lost, though nobody has said so: a laptop slept, a network went away.
const LONGEST_SILENCE_MS = 60_000;
const LOOK_AGAIN_MS = 10_000;
// Who comes back has missed a sign of life by then; and so late does no timer come that is awake.
const MISSED_MS = 25_000;
// When a server restarts everybody comes back, but not in the same moment.
const RETURN_WITHIN_MS = 5_000;
const SERVICE_RESTART = 1012;
const SIGNED_OUT = 4401;
const BAD_REQUEST = 4400;

const indicator = document.querySelector("[data-connection]");
const notices = document.querySelector("[data-notices]");
let gathered = [];
let pause = FIRST_PAUSE_MS;
let socket = null;
let heardAt = 0;
let lookedAt = Date.now();
// Until then the page knows everything.
let updatedAt = Date.now();
let timer = 0;
let isSignedOut = false;
// Fragments that could not be fetched.
const missed = new Set();

// A page of a new session begins where the server stood when it wrote the page.
if (!sessionStorage.getItem(KEY)) sessionStorage.setItem(KEY, after);

// The time is said where it matters: a screen reader hears of each change of state once.
function show(state) {
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" }).format(updatedAt);
  const since = indicator.dataset.since.replace("%s", time);
  indicator.classList.toggle("on", state === "on");
  indicator.classList.toggle("again", state === "again");
  if (state === "on") {
    if (indicator.textContent !== indicator.dataset.on) indicator.textContent = indicator.dataset.on;
  } else indicator.textContent = `${indicator.dataset[state]} · ${since}`;
  indicator.title = since;
}

const lostState = () => (navigator.onLine === false ? "off" : "again");

function connect() {
  clearTimeout(timer);
  heardAt = Date.now();
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const opened = new WebSocket(`${scheme}://${location.host}/ws/updates?after=${sessionStorage.getItem(KEY)}`);
  socket = opened;
  opened.addEventListener("open", () => {
    if (socket !== opened) return;
    if (Date.now() - updatedAt > LONGEST_SILENCE_MS) refetchAll();
    heardAt = updatedAt = Date.now();
    pause = FIRST_PAUSE_MS;
    show("on");
    refetchMissed();
  });
  opened.addEventListener("message", (event) => {
    if (socket !== opened) return;
    heardAt = updatedAt = Date.now();
    show("on");
    receive(JSON.parse(event.data));
  });
  opened.addEventListener("close", ({ code }) => {
    if (socket === opened) lost(code);
  });
}

function lost(code) {
  socket = null;
  if (code === SIGNED_OUT) {
    isSignedOut = true;
    show("off");
    return;
  }
  show(lostState());
  if (code === BAD_REQUEST) sessionStorage.setItem(KEY, after);
  const wait = code === SERVICE_RESTART ? Math.random() * RETURN_WITHIN_MS : pause * (0.75 + Math.random() / 2);
  timer = setTimeout(connect, wait);
  pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
}

// A lost connection takes minutes to close by itself; what it still brings is not listened to.
function abandon() {
  if (!socket) return;
  const silent = socket;
  lost();
  silent.close();
}

function abandonIfSilent(longest) {
  if (Date.now() - heardAt >= longest) abandon();
}

// Somebody looks, or the network is back: that is no time to wait.
function wake() {
  if (isSignedOut || document.hidden) return;
  abandonIfSilent(MISSED_MS);
  if (!socket) connect();
}

// A timer that comes late was asleep with the laptop, if the page is in sight; else it is only put off.
function look() {
  const hasSlept = Date.now() - lookedAt > LOOK_AGAIN_MS + MISSED_MS;
  lookedAt = Date.now();
  if (hasSlept) wake();
  else abandonIfSilent(LONGEST_SILENCE_MS);
}

const stale = (fragment) => fragment.dispatchEvent(new CustomEvent("turash:stale"));

// What happened meanwhile arrives message by message, unless it is too long ago to be kept.
function refetchAll() {
  missed.clear();
  document.querySelectorAll("[hx-trigger*='turash:stale']").forEach(stale);
}

function refetchMissed() {
  const fragments = [...missed];
  missed.clear();
  for (const fragment of fragments) if (fragment.isConnected) stale(fragment);
}

function receive(message) {
  if (!message.id) return;
  sessionStorage.setItem(KEY, message.id);
  if (gathered.push(message) === 1) setTimeout(settle, SETTLE_MS);
}

function settle() {
  const byType = Map.groupBy
    ? Map.groupBy(gathered, ({ type }) => type)
    : gathered.reduce((map, m) => map.set(m.type, [...(map.get(m.type) ?? []), m]), new Map());
  gathered = [];
  for (const [type, messages] of byType) {
    tell(`turash:${type}`, messages);
    for (const id of new Set(messages.map(({ subject }) => subject.id))) tell(`turash:${type}:${id}`, messages);
    if (texts[type]) notice(texts[type], messages);
  }
}

function tell(name, detail) {
  document.body.dispatchEvent(new CustomEvent(name, { detail }));
}

function notice(text, messages) {
  const { url } = messages.at(-1).subject;
  if (url === location.pathname) return; // The page shows it itself.
  const box = document.createElement("div");
  box.className = "notice";
  const link = document.createElement("a");
  link.href = url;
  link.textContent = messages.length > 1 ? `${text} (${messages.length})` : text;
  const button = document.createElement("button");
  button.className = "quiet";
  button.textContent = "×";
  button.setAttribute("aria-label", close);
  button.addEventListener("click", () => box.remove());
  box.append(link, button);
  notices.append(box);
  setTimeout(() => box.remove(), NOTICE_MS);
}

// Nobody loses what they are typing to a fragment that arrives: it is fetched again afterwards.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  const active = document.activeElement;
  if (!target.contains(active) || !active.matches("input, textarea, select") || !active.value) return;
  event.detail.shouldSwap = false;
  target.addEventListener("focusout", function left({ relatedTarget }) {
    if (target.contains(relatedTarget)) return;
    target.removeEventListener("focusout", left);
    stale(target);
  });
});
document.body.addEventListener("htmx:sendError", ({ detail }) => missed.add(detail.elt));
document.body.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.status >= 500) missed.add(detail.elt);
});

setInterval(look, LOOK_AGAIN_MS);
document.addEventListener("visibilitychange", wake);
window.addEventListener("online", wake);
window.addEventListener("offline", abandon);
// A page that comes out of the browser's cache had its connection closed.
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  abandon();
  wake();
});
connect();
