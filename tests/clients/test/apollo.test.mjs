import { gql } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Apollo } from "../src/apollo.mjs";
import { introspect, mergePolicies } from "../src/introspection.mjs";
import { journey, pages } from "../src/journey.mjs";
import { Souk } from "../src/server.mjs";
import { takeProblems } from "../src/warnings.mjs";

test("what Apollo warns of is heard", async (t) => {
  const { client } = await Apollo.connect(await Souk.demo(t));
  client.writeQuery({ query: gql`{ me { id email } }`, data: { me: { __typename: "User", id: "user_1" } } });
  const [warning] = takeProblems();
  assert.match(warning, /Missing field 'email'/);
});

test("the journeys through Apollo Client, without any configuration", (t) => journey(t, (souk) => Apollo.connect(souk), { canShorten: false }));

test("the journeys through Apollo Client, where lists grow shorter, told that they replace what was there", (t) =>
  journey(t, async (souk) => Apollo.connect(souk, { typePolicies: mergePolicies(await introspect(souk)) })));

test("the pages of a list, joined by Apollo's relayStylePagination", (t) => {
  const typePolicies = { Query: { fields: { products: relayStylePagination(["filter", "sortBy"]) } } };
  return pages(t, (souk) => Apollo.connect(souk, { typePolicies }));
});
