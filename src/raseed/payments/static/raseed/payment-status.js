// Keeps every [data-raseed-status] of a page up to date: pushed where the site runs event streams, else by asking now
// and then. Without this script the page reloads by itself. A module runs once, however often a page names it.

const LONGEST_BACK_OFF = 60;
const HIDDEN_POLL = 15; // seconds; a tab in the background asks seldom and holds no stream
const STREAM_LIFE = 70; // seconds; streams end after 55, so one that is older is dead without knowing it
const ASK_TIMEOUT = 10;

class PaymentStatus {
  constructor(root) {
    this.root = root;
    this.etag = "";
    this.failures = 0;
    this.stream = null;
    this.timers = {};
    this.asking = null;
    this.stale = false;
    this.gone = false;
    this.listen();
    this.plan();
  }

  number(name) {
    return Number(this.root.dataset[name]) || 0;
  }

  later(name, seconds, run) {
    clearTimeout(this.timers[name]);
    this.timers[name] = setTimeout(run, seconds * 1000);
  }

  // -- being told -----------------------------------------------------------------------------------------

  listen() {
    if (!this.root.dataset.stream || this.stream || document.hidden || this.gone) return;
    const url = new URL(this.root.dataset.stream, location.href);
    url.searchParams.set("after", this.root.dataset.version);
    const stream = (this.stream = new EventSource(url));
    stream.addEventListener("open", () => {
      this.failures = 0;
      this.root.dataset.connected = "stream";
      this.later("life", STREAM_LIFE, () => this.reopen());
      this.plan();
    });
    stream.addEventListener("changed", () => this.ask());
    stream.addEventListener("end", () => this.reopen());
    stream.addEventListener("error", () => {
      this.close();
      this.failures += 1;
      this.later("listen", this.pause() * (0.5 + Math.random() / 2), () => this.listen());
      this.plan();
    });
  }

  reopen() {
    this.close();
    this.listen();
  }

  close() {
    clearTimeout(this.timers.life);
    clearTimeout(this.timers.listen);
    this.stream?.close();
    this.stream = null;
    delete this.root.dataset.connected;
  }

  pause() {
    return Math.min(2 ** this.failures, LONGEST_BACK_OFF);
  }

  // -- asking ---------------------------------------------------------------------------------------------

  plan() {
    clearTimeout(this.timers.ask);
    const poll = this.number("poll");
    if (this.gone || (!this.stale && (!poll || this.root.dataset.connected))) return;
    const pause = this.stale ? this.pause() : poll;
    this.later("ask", document.hidden ? Math.max(pause, HIDDEN_POLL) : pause, () => this.ask());
  }

  async ask() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.stale = true;
    this.asking = this.fetch();
    try {
      await this.asking;
      this.stale = false;
    } catch {
      this.failures += 1; // no network, or the site is down: what is shown stays, and we ask again
    }
    this.asking = null;
    if (this.again) {
      this.again = false;
      return this.ask();
    }
    this.plan();
  }

  async fetch() {
    const headers = this.etag ? { "If-None-Match": this.etag } : {};
    const signal = AbortSignal.timeout(ASK_TIMEOUT * 1000);
    const answer = await fetch(this.root.dataset.url, { headers, signal, cache: "no-store" });
    if (answer.status === 404) {
      this.gone = true;
      this.close();
    } else if (answer.ok) {
      this.show(await answer.text());
      this.etag = answer.headers.get("ETag") || "";
    } else if (answer.status !== 304) {
      throw new Error(`the page answered ${answer.status}`);
    }
    this.failures = 0;
  }

  // -- showing --------------------------------------------------------------------------------------------

  show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-raseed-status]");
    if (!fresh) throw new Error("the answer is no payment's status");
    const before = { ...this.root.dataset };
    for (const name of ["page", "tone", "title", "version", "poll"]) this.root.dataset[name] = fresh.dataset[name];
    for (const slot of this.root.querySelectorAll("[data-slot]")) {
      const next = fresh.querySelector(`[data-slot="${slot.dataset.slot}"]`);
      if (next && next.innerHTML !== slot.innerHTML) this.replace(slot, next);
    }
    if (before.title && before.title !== fresh.dataset.title) {
      document.title = document.title.replace(before.title, fresh.dataset.title);
    }
    if (before.version !== fresh.dataset.version || before.page !== fresh.dataset.page) {
      const detail = { page: fresh.dataset.page, version: Number(fresh.dataset.version) };
      this.root.dispatchEvent(new CustomEvent("raseed:changed", { bubbles: true, detail }));
    }
  }

  // Whoever stands inside with the keyboard is not thrown back to the top of the page.
  replace(slot, next) {
    const held = slot.contains(document.activeElement) ? document.activeElement : null;
    slot.replaceChildren(...next.childNodes);
    if (!held) return;
    const same = held.dataset.key && slot.querySelector(`[data-key="${held.dataset.key}"]`);
    (same || this.root).focus({ preventScroll: true });
  }

  // -- tabs that sleep, laptops that close ----------------------------------------------------------------------

  wake() {
    this.failures = 0;
    this.reopen();
    this.ask();
  }

  rest() {
    this.close();
    this.plan();
  }

  leave() {
    this.close();
    clearTimeout(this.timers.ask);
  }
}

const all = [...document.querySelectorAll("[data-raseed-status][data-url]")].map((root) => new PaymentStatus(root));
const each = (name) => () => all.forEach((status) => status[name]());

document.addEventListener("visibilitychange", () => each(document.hidden ? "rest" : "wake")());
addEventListener("online", each("wake"));
addEventListener("pagehide", each("leave"));
addEventListener("pageshow", (event) => event.persisted && each("wake")());

// A lid that was closed while the tab was in front fires nothing: only the clock has jumped.
let last = Date.now();
setInterval(() => {
  const jumped = Date.now() - last > 20_000;
  last = Date.now();
  if (jumped && !document.hidden) each("wake")();
}, 5000);
