// An ID identifies one object in one shape: in all responses the same ID has one type and one value of each field.
import { buildClientSchema, getNamedType, getNullableType, isAbstractType, isCompositeType, isListType, isNonNullType, isObjectType } from "graphql";
import assert from "node:assert/strict";
import { test } from "node:test";
import { introspect } from "../src/introspection.mjs";
import { placeOrder, shop } from "../src/orders.mjs";
import { Souk } from "../src/server.mjs";

/** How deep a query follows fields of objects, where its cost allows it; lists count double. */
const DEPTH = 4;

/**
 * Fields that are of the moment when they are read: those of images are there when a job has rendered them, flags of products when a job has
 * counted sales, and searches are sorted by items sold.
 */
const MOMENTARY = ["updatesCursor", "blurHash", "renditions", "isBestseller", "isNewArrival", "productSearch"];

/** Codes of errors that null what the caller may not see; the rest of the answer is compared. */
const HIDDEN = ["FORBIDDEN", "UNAUTHENTICATED", "NOT_FOUND"];

/** A selection of everything that needs no argument, to a depth; connections have pages of a few. */
function selection(schema, type, depth, path = []) {
  const named = getNamedType(type);
  if (isAbstractType(named)) {
    const parts = schema.getPossibleTypes(named).map((each) => `... on ${each.name} ${selection(schema, each, depth, path)}`);
    // Two types may have a field of one name and different types, which one answer can't hold: they are asked for by their own.
    return `{ __typename ${named.getFields?.().id ? "id" : ""} ${parts.slice(0, depth > 2 ? 0 : parts.length).join(" ")} }`;
  }
  const fields = Object.values(named.getFields()).flatMap((field) => {
    if (field.deprecationReason || MOMENTARY.includes(field.name)) return [];
    const inner = getNamedType(field.type);
    const pages = field.args.some((argument) => argument.name === "first");
    if (field.args.some((argument) => isNonNullType(argument.type) && argument.defaultValue === undefined)) return [];
    const called = pages ? `${field.name}(first: 3)` : field.name;
    if (!isCompositeType(inner)) return [called];
    // An object without an ID belongs to its parent, and costs nothing of the depth.
    const embedded = isObjectType(inner) && !inner.getFields().id;
    const left = depth - (embedded ? 0 : isListType(getNullableType(field.type)) ? 2 : 1);
    if (left < 0 || path.filter((name) => name === inner.name).length > 1) return [];
    return [`${called} ${selection(schema, inner, left, [...path, inner.name])}`];
  });
  return `{ __typename ${fields.join(" ")} }`;
}

/** Everything with an ID in an answer, with what each field of it said and where. */
class Things {
  constructor() {
    this.things = new Map();
    this.conflicts = new Map();
  }

  /** Notes the first conflict of each kind, which is enough to find them all. */
  conflict(kind, text) {
    if (!this.conflicts.has(kind)) this.conflicts.set(kind, `${kind}: ${text}`);
  }

  walk(value, path) {
    if (Array.isArray(value)) return value.forEach((each, index) => this.walk(each, `${path}/${index}`));
    if (value === null || typeof value !== "object") return;
    if (typeof value.id === "string") {
      const thing = this.things.get(value.id) ?? new Map();
      this.things.set(value.id, thing);
      for (const [name, content] of Object.entries(value)) {
        if (MOMENTARY.includes(name)) continue;
        const says = JSON.stringify(said(content));
        const before = thing.get(name);
        if (before === undefined) thing.set(name, { says, path });
        else if (!compatible(JSON.parse(before.says), JSON.parse(says))) {
          const [one, other] = [before.says, says].map((text) => text.slice(0, 120));
          this.conflict(`${value.__typename}.${name}`, `${value.id} has ${one} at ${before.path}, ${other} at ${path}`);
        }
      }
    }
    for (const [name, content] of Object.entries(value)) this.walk(content, `${path}/${name}`);
  }
}

/** What a field says: things with an ID by that alone. */
function said(content) {
  if (Array.isArray(content)) return content.map(said);
  if (content === null || typeof content !== "object") return content;
  if (typeof content.id === "string") return { id: content.id };
  return Object.fromEntries(Object.entries(content).map(([name, each]) => [name, said(each)]));
}

/** Whether two values say the same in all that both say. */
function compatible(one, other) {
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((each, index) => compatible(each, other[index]));
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") return one === other;
  return Object.keys(one).every((name) => !(name in other) || compatible(one[name], other[name]));
}

function serious(errors = []) {
  return errors.filter(({ extensions }) => !HIDDEN.includes(extensions?.code));
}

/** The answer of a root field with as much below it as the server allows. */
async function deepest(souk, schema, field, type, token) {
  for (let depth = DEPTH; depth > 0; depth -= 1) {
    const { data, errors } = await souk.answer(`{ ${field} ${selection(schema, type, depth)} }`, {}, token);
    if (errors?.[0].extensions?.code === "QUERY_TOO_COMPLEX") continue;
    assert.deepEqual(serious(errors), [], field);
    return data;
  }
  return assert.fail(`${field} is too complex at any depth`);
}

test("an ID names one thing in one shape, for every caller", async (t) => {
  const souk = await Souk.demo(t, { SOUK_QUERY_COMPLEXITY: "1000000", SOUK_QUERY_SIZE: "1000000", SOUK_ANSWER_MAX_OBJECTS: "1000000" });
  const schema = buildClientSchema(await introspect(souk));
  const query = schema.getQueryType().getFields();
  const tokens = {};
  for (const who of ["owner", "staff", "vendor", "buyer"]) tokens[who] = (await souk.signIn(`${who}@souk.example`)).accessToken;
  const store = await shop(souk, tokens.vendor);
  const order = await placeOrder(souk, tokens.buyer, store.variant);
  const { storeOrders } = order;
  await souk.raw("OrderBegin", { id: storeOrders[0].id }, tokens.vendor);
  await souk.raw("OrderSend", { input: { storeOrderId: storeOrders[0].id, courier: "Hill Post" } }, tokens.vendor);
  await souk.raw("CartAdd", { input: { lines: [{ variantId: store.variant.id, quantity: 1 }] } }, tokens.buyer);
  const { checkoutCreate } = await souk.raw("CheckoutBegin", { input: {} }, tokens.buyer);
  const { products } = await souk.raw("FrontPage");
  const [product] = products.nodes;
  const { me } = await souk.raw("Header", {}, tokens.buyer);

  const roots = {
    guest: ["settings", "categories", "products(first: 6)", "products(first: 6, sortBy: RATING)", "stores(first: 4)", `product(slug: "${product.slug}")`,
      `store(id: "${store.id}")`, "taxRates", "shippingMethods", `shippingMethods(storeId: "${store.id}")`, `category(slug: "${product.category.slug}")`],
    buyer: ["me", "cart", `checkout(id: "${checkoutCreate.checkout.id}")`, `order(id: "${order.id}")`, `orderTrack(number: "${order.number}", email: "${me.email}")`,
      `storeOrder(id: "${storeOrders[0].id}")`, `product(slug: "${product.slug}")`, `store(id: "${store.id}")`],
    vendor: ["me", `store(id: "${store.id}")`, `storeOrder(id: "${storeOrders[0].id}")`, "products(first: 6)", `shippingMethods(storeId: "${store.id}", inactive: true)`],
    staff: ["me", "users(first: 5)", `user(id: "${me.id}")`, "orders(first: 4)", `order(id: "${order.id}")`, `storeOrder(id: "${storeOrders[0].id}")`, "reviews(first: 5)", `store(id: "${store.id}")`],
    owner: ["me", "users(first: 5)", "jobs(first: 5, status: DONE)", "orders(first: 4)", "settings", "taxRates"],
  };

  for (const [who, fields] of Object.entries(roots)) {
    await t.test(who, async () => {
      const things = new Things();
      for (const field of fields) {
        const { type } = query[field.match(/^\w+/)[0]];
        things.walk(await deepest(souk, schema, field, type, tokens[who]), field);
      }
      // Each is found by its ID, in the same shape.
      const ids = [...things.things].map(([id, thing]) => ({ id, type: JSON.parse(thing.get("__typename").says) }));
      for (let from = 0; from < ids.length; from += 50) {
        const some = ids.slice(from, from + 50);
        const names = [...new Set(some.map(({ type }) => type))];
        const parts = names.filter((name) => schema.isSubType(schema.getType("Node"), schema.getType(name)));
        for (const name of parts) {
          const wanted = some.filter(({ type }) => type === name).map(({ id }) => id);
          const document = `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on ${name} ${selection(schema, schema.getType(name), 1)} } }`;
          const { data, errors } = await souk.answer(document, { ids: wanted }, tokens[who]);
          assert.deepEqual(serious(errors), [], `nodes: ${name}`);
          const missing = wanted.filter((id, index) => data.nodes[index]?.id !== id);
          if (missing.length > 0) things.conflict(`${name} by node(id:)`, `not found: ${missing.slice(0, 3).join(", ")}`);
          things.walk(data.nodes.filter(Boolean), `nodes(${name})`);
        }
        const others = names.filter((name) => !parts.includes(name));
        if (others.length > 0) things.conflict("no Node", others.join(", "));
      }
      assert.ok(ids.length > 20, `only ${ids.length} things were seen`);
      assert.deepEqual([...things.conflicts.values()], []);
    });
  }
});
