// The pane below the editors: running subscriptions and their events.

import { inWords, stateBadge } from "/assets/shared/live.js";
import { el } from "/assets/shared/dom.js";

export class LivePane {
  constructor(root, live) {
    Object.assign(this, { root, live });
    this.opened = new Set();
    live.addEventListener("change", () => this.draw());
    this.draw();
  }

  draw() {
    const { streams } = this.live;
    this.root.hidden = streams.length === 0;
    const scrolled = this.root.querySelector(".streams")?.scrollTop ?? 0;
    this.root.replaceChildren(el("h2", {}, "Live updates"), el("div", { class: "streams" }, streams.map((stream) => this.stream(stream))));
    this.root.querySelector(".streams").scrollTop = scrolled;
  }

  stream({ key, tabName, name, state, words, events }) {
    const act =
      state === "ended"
        ? el("button", { type: "button", onclick: () => this.live.remove(key) }, "Remove")
        : el("button", { type: "button", onclick: () => this.live.stop(key) }, "Stop");
    const list =
      events.length > 0
        ? el("ul", {}, events.map((event, index) => this.event(`${key}:${events.length - index}`, event)))
        : el("p", { class: "quiet" }, "No events yet. They appear here as they happen, in every tab.");
    return el(
      "section",
      { class: "stream" },
      el("header", {}, el("strong", {}, name), el("span", { class: "quiet" }, `in ${tabName}`), stateBadge(state, words), act),
      list,
    );
  }

  event(key, { at, result }) {
    const details = el(
      "details",
      { open: this.opened.has(key) },
      el("summary", {}, el("time", {}, at.toLocaleTimeString()), " ", summary(result)),
      el("pre", { tabindex: "0" }, JSON.stringify(result, null, 2)),
    );
    details.addEventListener("toggle", () => (details.open ? this.opened.add(key) : this.opened.delete(key)));
    return el("li", {}, details);
  }
}

function summary({ data, errors }) {
  if (errors) return inWords(errors);
  const update = Object.values(data ?? {})[0];
  const event = update?.event;
  return event ? [event.type, event.message].filter(Boolean).join(": ") : JSON.stringify(update ?? null).slice(0, 120);
}
