// GraphQL over HTTP, by the audit of graphql-http.
import { auditServer } from "graphql-http";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Souk } from "../src/server.mjs";

test("graphql-http's audit", async (t) => {
  const souk = await Souk.demo(t);
  const results = await auditServer({ url: souk.graphql, fetchFn: fetch });
  const failed = results.filter(({ status }) => status !== "ok").map(({ id, name, status, reason }) => `${id} ${name}: ${status}, ${reason}`);
  assert.deepEqual(failed, []);
  // As many as this version of the package has: fewer would mean that it did not run.
  assert.equal(results.length, 61);
});
