import { relayPagination } from "@urql/exchange-graphcache/extras";
import assert from "node:assert/strict";
import { test } from "node:test";
import { journey, pages } from "../src/journey.mjs";
import { Souk } from "../src/server.mjs";
import { Urql } from "../src/urql.mjs";
import { takeProblems } from "../src/warnings.mjs";

test("what graphcache warns of is heard", async (t) => {
  const client = await Urql.connect(await Souk.demo(t), { keys: {} });
  await client.query("FrontPage");
  assert.match(takeProblems().join("\n"), /Invalid key: .*settings/);
});

test("the journeys through urql's graphcache", (t) => journey(t, (souk) => Urql.connect(souk)));

test("the pages of a list, joined by graphcache's relayPagination", (t) => {
  const resolvers = { Query: { products: relayPagination() } };
  return pages(t, (souk) => Urql.connect(souk, { resolvers }));
});
