// Code generators: each reads the committed schema and the documents of the journeys, and what it makes compiles.
import { NoDeprecatedCustomRule, buildSchema, specifiedRules, validate } from "graphql";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { all } from "../src/documents.mjs";
import { ariadne, codegen, tada, typescript } from "../src/generate.mjs";
import { Souk } from "../src/server.mjs";

test("the journeys' documents are valid and use nothing that is deprecated", () => {
  const schema = buildSchema(readFileSync(new URL("../../../schema.graphql", import.meta.url), "utf8"));
  const problems = validate(schema, all, [...specifiedRules, NoDeprecatedCustomRule], { maxErrors: 100 });
  assert.deepEqual(problems.map(String), []);
});

test("GraphQL Code Generator and gql.tada generate types that compile", async (t) => {
  await t.test("GraphQL Code Generator", () => void codegen());
  await t.test("gql.tada", () => void tada());
  await t.test("tsc", () => void typescript());
});

test("ariadne-codegen generates a client whose models accept the server's answers", async (t) => {
  const souk = await Souk.demo(t);
  const { settings, products } = await souk.raw("FrontPage");
  const { product } = await souk.raw("ProductPage", { slug: products.nodes[0].slug });
  const printed = JSON.parse(ariadne(souk.graphql));
  assert.deepEqual(printed, {
    marketplace: settings.marketplaceName,
    products: products.nodes.map(({ name, priceRange }) => [name, priceRange.min.amount]),
    page: [product.name, product.variants.map(({ sku, price }) => [sku, price.amount])],
  });
});
