// A person before a client: each screen is read back from the client's cache and held against the server's own answer.
import assert from "node:assert/strict";
import { plain } from "./plain.mjs";
import { PATIENCE } from "./server.mjs";
import { at, note } from "./warnings.mjs";

/** Where two answers differ: the path, what the cache says, and what the server says. */
function differences(cached, raw, path = "") {
  if (Object.is(cached, raw)) return [];
  if (cached === null || raw === null || typeof cached !== "object" || typeof raw !== "object" || Array.isArray(cached) !== Array.isArray(raw)) {
    return [`${path} is ${JSON.stringify(cached)} in the cache, ${JSON.stringify(raw)} at the server`];
  }
  const keys = new Set([...Object.keys(cached), ...Object.keys(raw)]);
  return [...keys].flatMap((key) => differences(cached[key], raw[key], `${path}/${key}`));
}

export class Screens {
  constructor(souk, client) {
    this.souk = souk;
    this.client = client;
  }

  /** Opens a screen: asks the server, then compares what the cache holds. Answers with that. */
  async open(name, variables = {}) {
    at(`opening ${name}`);
    await this.client.query(name, variables);
    return this.same(name, variables);
  }

  /** A screen that was opened before: the cache must still answer as the server does, without asking it. */
  async same(name, variables = {}) {
    at(`reading ${name}`);
    const cached = this.client.read(name, variables);
    const raw = await this.souk.raw(name, variables, this.client.token);
    if (cached === null) note("the cache lacks something");
    else for (const difference of differences(plain(cached), plain(raw))) note(difference);
    return raw;
  }

  /** Sends a mutation that must succeed; answers with its payload. */
  async send(name, variables) {
    at(`sending ${name}`);
    const [payload] = Object.values(plain(await this.client.mutate(name, variables)));
    assert.deepEqual(payload.userErrors, [], name);
    return payload;
  }

  /** Subscribes; answers with a function that waits for the message which `wanted` says yes to. */
  follow(name, variables) {
    const messages = [];
    let wake = () => {};
    const stop = this.client.subscribe(name, variables, (data) => {
      messages.push(...Object.values(plain(data)));
      wake();
    });
    const until = async (wanted) => {
      const deadline = setTimeout(() => wake(new Error(`${name}: no such message; got ${JSON.stringify(messages.map((m) => m.event))}`)), PATIENCE);
      try {
        for (;;) {
          const found = messages.find(wanted);
          if (found) return found;
          const error = await new Promise((resolve) => (wake = resolve));
          if (error) throw error;
        }
      } finally {
        clearTimeout(deadline);
      }
    };
    return { until, stop, messages };
  }
}
