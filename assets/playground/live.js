// The running subscriptions and their events. They belong to the page, so that changing the tab does not end them.

import { parseHeaders, tokenIn } from "/assets/playground/session.js";
import { subscribe } from "/assets/shared/live.js";

const MAX_EVENTS = 100;

export class Live extends EventTarget {
  /** { key, tabId, tabName, name, state, words, events: [{ at, result }], unread } */
  streams = [];
  nextKey = 1;

  constructor({ workspace, sessions, values }) {
    super();
    Object.assign(this, { workspace, sessions, values });
    workspace.addEventListener("closing", ({ detail }) => {
      for (const stream of this.streams.filter(({ tabId }) => tabId === detail.id)) this.remove(stream.key);
    });
  }

  start(tabId, name, request, fields) {
    const tab = this.workspace.get(tabId);
    // Running a subscription again replaces the previous one of the same tab.
    const before = this.streams.find((stream) => stream.tabId === tabId && stream.name === name);
    if (before) this.remove(before.key);
    const stream = { key: this.nextKey++, tabId, tabName: tab.name, name, state: "connecting", words: "Connecting", events: [] };
    this.streams.unshift(stream);
    const handle = subscribe(request, {
      parameters: () => {
        const token = tokenIn(parseHeaders(this.workspace.get(tabId)?.headers));
        return token ? { Authorization: `Bearer ${token}` } : {};
      },
      renew: () => this.sessions.refresh(tabId),
      onState: (state, words) => {
        Object.assign(stream, { state, words });
        this.changed();
      },
      onData: (result) => {
        stream.events.unshift({ at: new Date(), result });
        stream.events.length = Math.min(stream.events.length, MAX_EVENTS);
        this.values.take(tabId, fields, request.variables ?? {}, result.data);
        this.changed();
      },
    });
    stream.stop = handle.stop;
    this.changed();
  }

  stop(key) {
    this.streams.find((stream) => stream.key === key)?.stop?.();
  }

  remove(key) {
    this.stop(key);
    this.streams = this.streams.filter((stream) => stream.key !== key);
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}
