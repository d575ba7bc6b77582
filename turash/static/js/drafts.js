// <draft-note>: keeps what is typed in the form around it as a draft on the server, and in this
// browser while the server cannot be reached or nobody is signed in. See docs/privacy.md.
const PAUSE_MS = 600;
const LONGEST_WAIT_MS = 4000;
// The server would answer with its own page instead of the form.
const KEEPS_FORM = ["offline", "signedOut"];

class DraftNote extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.place = `turash-draft:${this.dataset.key}`;
    this.version = this.dataset.version;
    this.status = this.querySelector("[data-status]");
    this.sent = this.content();
    this.listen = (event) => this.typed(event);
    this.leave = (event) => this.submit(event);
    this.again = () => { if (this.isDirty()) this.save(); };
    this.form.addEventListener("input", this.listen);
    this.form.addEventListener("change", this.listen);
    this.form.addEventListener("submit", this.leave);
    window.addEventListener("online", this.again);
    document.addEventListener("visibilitychange", this.again);
    this.takeBack();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.form.removeEventListener("input", this.listen);
    this.form.removeEventListener("change", this.listen);
    this.form.removeEventListener("submit", this.leave);
    window.removeEventListener("online", this.again);
    document.removeEventListener("visibilitychange", this.again);
  }

  /** What the form holds, as it would be sent. */
  content() {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) {
      if (name !== "csrfmiddlewaretoken" && typeof value === "string") fields.append(name, value);
    }
    return fields.toString();
  }

  isDirty() {
    return this.content() !== this.sent;
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again(), PAUSE_MS);
  }

  /** Bring back what this browser had to keep; another tab may have saved something else. */
  takeBack() {
    const kept = this.read();
    this.forget();
    if (!kept || this.dataset.bound || kept.body === this.sent) return;
    fill(this.form, new URLSearchParams(kept.body));
    this.version = kept.version;
    this.say(this.dataset.kept);
    this.save();
  }

  /** One at a time: the next is based on the version that the last one made. */
  save() {
    clearTimeout(this.timer);
    this.saving = (this.saving || Promise.resolve()).then(() => this.put());
    return this.saving;
  }

  async put() {
    const body = this.content();
    let answer;
    try {
      answer = await fetch(this.dataset.url, {
        method: "POST",
        body: new URLSearchParams(body),
        headers: { "X-CSRFToken": csrfToken(this.form), "X-Draft-Version": this.version },
        signal: AbortSignal.timeout(LONGEST_WAIT_MS),
        redirect: "error",
        // A tab that is being closed still sends it.
        keepalive: true,
      });
    } catch {
      return this.keep(body, "offline");
    }
    if (answer.status === 401 || answer.status === 403) return this.keep(body, "signedOut");
    if (answer.status === 409) return this.choose(await answer.json());
    if (!answer.ok) return this.keep(body, "failed");
    const { version, saved_at: savedAt } = await answer.json();
    this.version = version;
    this.sent = body;
    this.forget();
    const time = new Date(savedAt).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    this.say(`${this.dataset.saved} ${time}`);
    return "saved";
  }

  /** What was typed last is saved first; where that cannot be, the form stays on the screen. */
  async submit(event) {
    if (event.submitter?.hasAttribute("formaction")) return this.forget();
    if (this.isLeaving || !this.isDirty()) return this.refresh();
    event.preventDefault();
    const outcome = await this.save();
    if (KEEPS_FORM.includes(outcome)) return;
    this.isLeaving = true;
    // It is sent now: what came of it shows on the next page.
    this.forget();
    this.refresh();
    this.form.requestSubmit(event.submitter);
  }

  /** Who has signed in again in another tab has another token. */
  refresh() {
    clearTimeout(this.timer);
    this.form.elements.csrfmiddlewaretoken.value = csrfToken(this.form);
  }

  choose({ version }) {
    this.say(this.dataset.elsewhere);
    const mine = button(this.dataset.mine, () => { this.version = version; this.save(); });
    const theirs = button(this.dataset.theirs, () => { this.forget(); location.reload(); });
    this.status.append(" ", mine, " ", theirs);
    return "elsewhere";
  }

  keep(body, reason) {
    try {
      localStorage.setItem(this.place, JSON.stringify({ body, version: this.version }));
    } catch { /* Without storage the form itself is all there is. */ }
    this.say(this.dataset[reason]);
    return reason;
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.place));
    } catch {
      return null;
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.place);
    } catch { /* There was none. */ }
  }

  say(text) {
    this.status.textContent = text;
  }
}

function button(text, act) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "small";
  element.textContent = text;
  element.addEventListener("click", act);
  return element;
}

function csrfToken(form) {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || form.elements.csrfmiddlewaretoken.value;
}

function fill(form, fields) {
  for (const element of form.elements) {
    const { name, type } = element;
    if (!name || name === "csrfmiddlewaretoken" || type === "submit" || type === "fieldset") continue;
    if (type === "checkbox" || type === "radio") element.checked = fields.getAll(name).includes(element.value);
    else if (element.multiple) for (const option of element.options) option.selected = fields.getAll(name).includes(option.value);
    else if (fields.has(name)) element.value = fields.get(name);
    element.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("draft-note", DraftNote);
