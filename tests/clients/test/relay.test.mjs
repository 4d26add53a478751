import assert from "node:assert/strict";
import { test } from "node:test";
import { journey, pages } from "../src/journey.mjs";
import { Relay } from "../src/relay.mjs";
import { Souk } from "../src/server.mjs";
import { takeProblems } from "../src/warnings.mjs";

test("what Relay warns of is heard", async (t) => {
  const { environment, operation } = await Relay.connect(await Souk.demo(t));
  for (const __typename of ["Product", "Store"]) environment.commitPayload(operation("ThingById", { id: "1" }), { node: { __typename, __isNode: __typename, id: "1" } });
  assert.match(takeProblems().join("\n"), /conflicting types/);
});

test("the journeys through relay-runtime", (t) => journey(t, (souk) => Relay.connect(souk)));

test("the pages of a list, joined by Relay's @connection", (t) => pages(t, (souk) => Relay.connect(souk)));
