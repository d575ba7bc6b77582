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
const SIGNED_OUT = 4401;
const BAD_REQUEST = 4400;

const indicator = document.querySelector("[data-connection]");
const notices = document.querySelector("[data-notices]");
let gathered = [];
let pause = FIRST_PAUSE_MS;

// A page of a new session begins where the server stood when it wrote the page.
if (!sessionStorage.getItem(KEY)) sessionStorage.setItem(KEY, after);

function show(isOn) {
  indicator.classList.toggle("on", isOn);
  indicator.textContent = isOn ? indicator.dataset.on : indicator.dataset.off;
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/ws/updates?after=${sessionStorage.getItem(KEY)}`);
  socket.addEventListener("open", () => {
    pause = FIRST_PAUSE_MS;
    show(true);
  });
  socket.addEventListener("message", (event) => receive(JSON.parse(event.data)));
  socket.addEventListener("close", ({ code }) => {
    show(false);
    if (code === SIGNED_OUT) return;
    if (code === BAD_REQUEST) sessionStorage.setItem(KEY, after);
    setTimeout(connect, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  });
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
  active.addEventListener("blur", () => target.dispatchEvent(new CustomEvent("turash:stale")), { once: true });
});

connect();
