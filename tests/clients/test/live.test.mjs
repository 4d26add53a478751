// Live updates through graphql-ws, as its documentation has it: connections end and begin, and no event is lost or doubled.
import { createClient } from "graphql-ws";
import assert from "node:assert/strict";
import { test } from "node:test";
import WebSocket from "ws";
import { documents } from "../src/documents.mjs";
import { placeOrder, shop, storeEvents } from "../src/orders.mjs";
import { PATIENCE, Souk } from "../src/server.mjs";

const parallel = { concurrency: true };

/** An error of graphql-ws: a close event, or GraphQL errors. */
function describe(cause) {
  return cause.code ? `closed with ${cause.code} ${cause.reason}` : (cause.message ?? JSON.stringify(cause));
}

/** Follows the orders of a store, and begins where it left off whenever it connects again. */
class Follower {
  constructor(t, souk, storeId, connectionParams, after = null) {
    this.closed = [];
    this.connected = 0;
    this.events = [];
    this.waiting = [];
    this.client = createClient({
      url: souk.socket,
      webSocketImpl: WebSocket,
      connectionParams,
      // Node reports a refused connection as an error, where browsers report it as a close.
      shouldRetry: () => true,
      retryAttempts: Number.POSITIVE_INFINITY,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    });
    // Without this it would try to connect for ever. The server may be gone by then, which is an error of its last attempt.
    t.after(() => Promise.resolve(this.client.dispose()).catch(() => {}));
    this.client.on("connected", () => {
      this.connected += 1;
      this.changed();
    });
    this.client.on("closed", ({ code, wasClean }) => {
      this.closed.push({ code, wasClean });
      this.changed();
    });
    // graphql-ws sends this again when it connects again: with the newest cursor in it nothing is missed.
    const request = { query: documents.StoreNews, variables: { storeId, after } };
    this.ended = new Promise((resolve, reject) => {
      const next = ({ data, errors }) => {
        if (errors) return reject(new Error(JSON.stringify(errors)));
        const { cursor, event } = data.storeOrderUpdates;
        request.variables.after = cursor;
        this.events.push(event.id);
        this.changed();
      };
      const error = (cause) => reject(new Error(`the subscription failed: ${describe(cause)}`));
      this.client.subscribe(request, { next, error, complete: resolve });
    });
    this.ended.catch(() => this.changed());
  }

  changed() {
    for (const check of this.waiting.splice(0)) check();
  }

  /** Waits until something is so. */
  async until(what, holds) {
    const deadline = Date.now() + PATIENCE;
    while (!holds()) {
      const ended = await Promise.race([
        new Promise((resolve) => this.waiting.push(resolve)),
        this.ended.then(() => "completed"),
        new Promise((resolve) => setTimeout(resolve, 1000, null).unref()),
      ]);
      if (ended) throw new Error(`the subscription ended before: ${what}`);
      assert.ok(Date.now() < deadline, `never: ${what}; closed ${JSON.stringify(this.closed)}, ${this.events.length} events`);
    }
  }
}

/** A demo with a vendor who follows and a buyer who orders. */
async function scene(t, settings) {
  const souk = await Souk.demo(t, settings);
  const vendor = await souk.signIn("vendor@souk.example");
  const buyer = await souk.signIn("buyer@souk.example");
  const store = await shop(souk, vendor.accessToken);
  const known = new Set(await storeEvents(souk, vendor.accessToken, store.id));
  /** What the follower must have seen: each event since the beginning, once. */
  const happened = async (token = vendor.accessToken) => (await storeEvents(souk, token, store.id)).filter((id) => !known.has(id));
  return { souk, vendor, buyer, store, happened };
}

async function assertSeenOnce(follower, happened) {
  const expected = await happened();
  await follower.until("all events have come", () => follower.events.length >= expected.length);
  assert.deepEqual([...follower.events].sort(), [...expected].sort());
  assert.equal(new Set(follower.events).size, follower.events.length);
}

test("live updates", parallel, async (t) => {
  const tests = [];
  const add = (name, run) => tests.push(t.test(name, { timeout: 2 * PATIENCE }, run));

  add("a client that leaves is answered: its connection ends with 1000", async (t) => {
    const { souk, vendor, buyer, store, happened } = await scene(t);
    const follower = new Follower(t, souk, store.id, { authToken: vendor.accessToken });
    await follower.until("connected", () => follower.connected === 1);
    await placeOrder(souk, buyer.accessToken, store.variant);
    await follower.until("an event", () => follower.events.length > 0);
    const began = Date.now();
    await follower.client.dispose();
    await follower.until("closed", () => follower.closed.length > 0).catch(() => {});
    assert.deepEqual(follower.closed, [{ code: 1000, wasClean: true }]);
    assert.ok(Date.now() - began < 2000, "at once");
    assert.ok((await happened()).length > 0);
  });

  add("a subscription goes on after the server was killed and started again", async (t) => {
    const { souk, vendor, buyer, store, happened } = await scene(t);
    const follower = new Follower(t, souk, store.id, { authToken: vendor.accessToken });
    await follower.until("connected", () => follower.connected === 1);
    await placeOrder(souk, buyer.accessToken, store.variant);
    await follower.until("an event", () => follower.events.length > 0);
    // Some of these may be sent, and some not, when it is killed.
    await placeOrder(souk, buyer.accessToken, store.variant);
    await souk.stop("SIGKILL");
    await follower.until("closed", () => follower.closed.length > 0);
    await souk.start();
    await placeOrder(souk, buyer.accessToken, store.variant);
    await follower.until("connected again", () => follower.connected === 2);
    await placeOrder(souk, buyer.accessToken, store.variant);
    await assertSeenOnce(follower, happened);
  });

  add("a server that stops says so by 1012, and the subscription goes on at the next one", async (t) => {
    const { souk, vendor, buyer, store, happened } = await scene(t);
    const follower = new Follower(t, souk, store.id, { authToken: vendor.accessToken });
    await follower.until("connected", () => follower.connected === 1);
    await placeOrder(souk, buyer.accessToken, store.variant);
    await follower.until("an event", () => follower.events.length > 0);
    await souk.stop("SIGTERM");
    await souk.start();
    await placeOrder(souk, buyer.accessToken, store.variant);
    await follower.until("connected again", () => follower.connected === 2);
    assert.equal(follower.closed[0].code, 1012);
    await assertSeenOnce(follower, happened);
  });

  add("a subscription that begins at the cursor of an answer gets what happened since", async (t) => {
    const { souk, vendor, buyer, store, happened } = await scene(t);
    const before = (await souk.raw("StoreCursor", { id: store.id }, vendor.accessToken)).store.updatesCursor;
    await placeOrder(souk, buyer.accessToken, store.variant);
    const follower = new Follower(t, souk, store.id, { authToken: vendor.accessToken }, before);
    await assertSeenOnce(follower, happened);
    const late = new Follower(t, souk, store.id, { authToken: vendor.accessToken }, "");
    await late.until("connected", () => late.connected === 1);
    // It follows from now on, and nobody says when exactly that is: so once more, if the first was too early.
    while (late.events.length === 0) {
      await placeOrder(souk, buyer.accessToken, store.variant);
      await assertSeenOnce(follower, happened);
    }
    assert.ok(late.events.every((id) => follower.events.includes(id)) && late.events.length < follower.events.length);
  });

  add("at the end of a token the connection ends with 4403, and goes on with a new one", async (t) => {
    const { souk, vendor, store, happened } = await scene(t, { SOUK_ACCESS_TOKEN_SECONDS: "60" });
    let tokens = vendor;
    let refreshed = 0;
    const order = async () => placeOrder(souk, (await souk.signIn("buyer@souk.example")).accessToken, store.variant);
    const follower = new Follower(t, souk, store.id, async () => {
      if (follower.closed.length > refreshed) {
        refreshed = follower.closed.length;
        // What happens while nobody is connected must not be missed either.
        await order();
        const { sessionRefresh } = await souk.raw("Renew", { input: { refreshToken: tokens.refreshToken } });
        tokens = sessionRefresh.tokens;
      }
      return { authToken: tokens.accessToken };
    });
    await follower.until("connected", () => follower.connected === 1);
    await order();
    await follower.until("an event", () => follower.events.length > 0);
    await follower.until("connected again", () => follower.connected === 2);
    assert.deepEqual(follower.closed, [{ code: 4403, wasClean: true }]);
    await order();
    await assertSeenOnce(follower, () => happened(tokens.accessToken));
  });

  await Promise.all(tests);
});
