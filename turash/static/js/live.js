// What happens to my organizations, as it happens: every message of the websocket becomes a DOM
// event `turash:<type>` on the body, for which fragments of the page wait.
const script = document.querySelector('script[src*="live"][type="module"]');
const KEY = `turash-after-${script.dataset.user}`;
const LONGEST_PAUSE = 30_000;
// Bursts (twenty matches of one new flow) refetch a fragment once.
const SETTLE = 150;
const indicator = document.querySelector("[data-connection]");
const notices = document.querySelector("[data-notices]");
const pending = new Map();
let pause = 500;

function show(isOn) {
  indicator.classList.toggle("on", isOn);
  indicator.textContent = isOn ? indicator.dataset.on : indicator.dataset.off;
}

function connect() {
  const after = sessionStorage.getItem(KEY);
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/ws/updates${after ? `?after=${after}` : ""}`);
  socket.addEventListener("open", () => { pause = 500; show(true); });
  socket.addEventListener("message", (event) => receive(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => {
    show(false);
    if (event.code === 4401) return; // Signed out elsewhere.
    if (event.code === 4400) sessionStorage.removeItem(KEY);
    setTimeout(connect, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  });
}

function receive(message) {
  if (!message.id) return;
  sessionStorage.setItem(KEY, message.id);
  clearTimeout(pending.get(message.type)?.timer);
  const messages = [...(pending.get(message.type)?.messages ?? []), message];
  const timer = setTimeout(() => settle(message.type), SETTLE);
  pending.set(message.type, { timer, messages });
}

function settle(type) {
  const { messages } = pending.get(type);
  pending.delete(type);
  document.body.dispatchEvent(new CustomEvent(`turash:${type}`, { detail: messages }));
  const text = script.dataset[type];
  if (text) notice(text, messages);
}

function notice(text, messages) {
  const link = document.createElement("a");
  link.href = messages.at(-1).subject.url;
  link.textContent = messages.length > 1 ? `${text} (${messages.length})` : text;
  notices.append(link);
  setTimeout(() => link.remove(), 10_000);
}

show(false);
connect();
