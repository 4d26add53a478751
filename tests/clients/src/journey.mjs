// The journeys of a guest, a buyer and a vendor, as one client makes them. What each sees is compared by `Screens`.
import assert from "node:assert/strict";
import { Screens } from "./screens.mjs";
import { PASSWORD, Souk } from "./server.mjs";
import { assertNoProblem } from "./warnings.mjs";

const ADDRESS = { firstName: "Asha", lastName: "Rai", line1: "12 Lake Road", city: "Pokhara", postalCode: "33700", country: "NP" };

/**
 * What the journey buys: in one store for less than the marketplace's "Standard" shipping is free from, in another for more,
 * so that one method has two prices. The second store gets a method of its own.
 */
async function prepare(souk) {
  const [tea, metal] = await Promise.all([stock(souk, "vendor@souk.example"), stock(souk, "bikash@souk.example")]);
  const standard = tea.shippingMethods.find((method) => method.name === "Standard");
  const from = Number(standard.freeOver.amount);
  const { shippingMethodCreate } = await souk.raw("MethodAdd", {
    input: { storeId: metal.id, name: "Insured courier", price: "12.50", freeOver: "500" } }, metal.token);
  const insured = shippingMethodCreate.shippingMethod;
  const below = tea.goods.find((good) => good.price * 2 < from && good.stock >= 5);
  const above = metal.goods.find((good) => good.stock >= Math.ceil(from / good.price) + 1);
  assert.ok(below && above, "the demo has goods for the journey");
  return { tea, metal, standard, insured, below: { ...below, quantity: 2 }, above: { ...above, quantity: Math.ceil(from / above.price) + 1 } };
}

async function stock(souk, email) {
  const token = (await souk.signIn(email)).accessToken;
  const { me } = await souk.raw("VendorStores", {}, token);
  const { store } = await souk.raw("Stockroom", { id: me.stores.nodes[0].id }, token);
  const goods = store.products.nodes.flatMap((product) =>
    product.variants
      .filter((variant) => product.status === "ACTIVE" && variant.stockQuantity !== null)
      .map((variant) => ({ product, variant, price: Number(variant.price.amount), stock: variant.stockQuantity })),
  );
  return { ...store, slug: me.stores.nodes[0].slug, goods, token };
}

/**
 * Runs it as subtests of `t`; `connect(souk)` makes a client. Without `canShorten` no list of objects grows shorter, which Apollo
 * warns of unless its type policies say that lists are replaced.
 */
export async function journey(t, connect, { canShorten = true } = {}) {
  const souk = await Souk.demo(t);
  const { tea, metal, standard, insured, below, above } = await prepare(souk);
  const client = await connect(souk);
  const vendorClient = await connect(souk);
  const [buyer, vendor] = [new Screens(souk, client), new Screens(souk, vendorClient)];
  let guestCart, checkout, order;

  const step = (name, run) =>
    t.test(name, async () => {
      await run();
      assertNoProblem();
    });

  await step("a guest looks around", async () => {
    await buyer.open("FrontPage");
    await buyer.open("ProductPage", { slug: below.product.slug });
    await buyer.open("StorePage", { slug: metal.slug });
    await buyer.open("Search", { words: "tea", first: 10 });
    await buyer.open("ThingById", { id: above.product.id });
    await buyer.same("FrontPage");
    await buyer.same("ProductPage", { slug: below.product.slug });
  });

  await step("a guest fills a cart", async () => {
    const lines = [{ variantId: below.variant.id, quantity: below.quantity }];
    guestCart = (await buyer.send("CartAdd", { input: { lines } })).cart;
    await buyer.open("CartPage", { token: guestCart.token });
    const more = [{ variantId: above.variant.id, quantity: above.quantity }];
    await buyer.send("CartAdd", { input: { cartToken: guestCart.token, lines: more } });
    await buyer.same("CartPage", { token: guestCart.token });
    await buyer.same("ProductPage", { slug: below.product.slug });
  });

  await step("the guest signs in, and the cart comes along", async () => {
    const input = { email: "buyer@souk.example", password: PASSWORD, cartToken: guestCart.token };
    const { tokens } = await buyer.send("SignIn", { input });
    await client.signIn(tokens.accessToken);
    await buyer.open("Header");
    const { cart } = await buyer.open("CartPage");
    for (const good of [below, above]) {
      assert.ok(cart.lines.some((line) => line.variant?.id === good.variant.id), "the guest's lines are in the buyer's cart");
    }
    const line = cart.lines.find((each) => each.variant?.id === below.variant.id);
    const lines = [{ lineId: line.id, quantity: line.quantity + 1 }];
    await buyer.send("CartChange", { input: { lines } });
    await buyer.same("CartPage");
    await buyer.same("Header");
    if (canShorten) {
      const other = below.product.variants.find((each) => each.id !== below.variant.id) ?? metal.goods.find((good) => good !== above).variant;
      const added = (await buyer.send("CartAdd", { input: { lines: [{ variantId: other.id, quantity: 1 }] } })).cart;
      await buyer.same("CartPage");
      const lineIds = added.lines.filter((each) => each.variant?.id === other.id).map((each) => each.id);
      await buyer.send("CartRemove", { input: { lineIds } });
      await buyer.same("CartPage");
    }
  });

  await step("the buyer checks out at two stores: one shipping method, two prices", async () => {
    const input = canShorten ? {} : { shippingAddress: ADDRESS };
    checkout = (await buyer.send("CheckoutBegin", { input })).checkout;
    const page = { id: checkout.id };
    await buyer.open("CheckoutPage", page);
    await buyer.send("CheckoutChange", { id: checkout.id, input: { shippingAddress: ADDRESS, note: "Ring twice" } });
    await buyer.same("CheckoutPage", page);
    const shippingMethods = [tea, metal].map(({ id }) => ({ storeId: id, shippingMethodId: standard.id }));
    await buyer.send("CheckoutChange", { id: checkout.id, input: { shippingMethods } });
    const shown = (await buyer.same("CheckoutPage", page)).checkout;
    const price = (store) => shown.stores.find((part) => part.store.id === store.id).shippingMethod.price.amount;
    assert.deepEqual([price(tea), price(metal)], [standard.price.amount, "0.00"]);
    // The offer's own ID chooses it as that of the method does.
    const offers = shown.stores.find((part) => part.store.id === metal.id).shippingMethods;
    const offer = offers.find((each) => each.shippingMethod.id === insured.id);
    await buyer.send("CheckoutChange", { id: checkout.id, input: { shippingMethods: [{ storeId: metal.id, shippingMethodId: offer.id }] } });
    await buyer.same("CheckoutPage", page);
    await buyer.open("StorePage", { slug: metal.slug });
    await buyer.same("CheckoutPage", page);
    checkout = shown;
  });

  await step("the buyer pays", async () => {
    const input = { checkoutId: checkout.id, paymentProvider: "SANDBOX", idempotencyKey: "journey-1" };
    order = (await buyer.send("CheckoutFinish", { input })).order;
    // The cart is empty at once, without asking for it again.
    await buyer.same("Header");
    const page = { id: order.id };
    await buyer.open("OrderPage", page);
    await buyer.open("MyOrders");
    // What anybody with number and email sees of it does not take the place of what the buyer sees.
    await buyer.open("TrackPage", { number: order.number, email: order.email });
    // Nothing is offered any more in a checkout that is completed.
    if (canShorten) await buyer.open("CheckoutPage", { id: checkout.id });
    await buyer.same("OrderPage", page);
  });

  await step("the vendor sends it while the buyer looks on", async () => {
    const page = { id: order.id };
    const part = order.storeOrders.find((each) => each.store.id === tea.id);
    const { updatesCursor } = (await client.query("OrderCursor", page)).order;
    await buyer.open("OrderPage", page);
    await vendorClient.signIn(tea.token);
    await vendor.open("VendorStores");
    await vendor.open("StoreDesk", { id: tea.id });
    await vendor.open("StoreOrderPage", { id: part.id });
    const storeCursor = (await vendorClient.query("StoreCursor", { id: tea.id })).store.updatesCursor;
    let news, storeNews;
    for (const [mutation, variables, type] of [
      ["OrderBegin", { id: part.id }, "STORE_ORDER_PROCESSING"],
      ["OrderSend", { input: { storeOrderId: part.id, courier: "Hill Post", trackingNumber: "HP 1" } }, "STORE_ORDER_SHIPPED"],
      ["OrderArrived", { id: part.id }, "STORE_ORDER_DELIVERED"],
    ]) {
      await vendor.send(mutation, variables);
      await vendor.same("StoreOrderPage", { id: part.id });
      await vendor.same("StoreDesk", { id: tea.id });
      // What happened before a client follows comes all the same: it begins at the cursor of what it has read.
      news ??= buyer.follow("OrderNews", { orderId: order.id, after: updatesCursor });
      storeNews ??= vendor.follow("StoreNews", { storeId: tea.id, after: storeCursor });
      await news.until((message) => message.event.type === type);
      await buyer.same("OrderPage", page);
      await buyer.same("MyOrders");
    }
    await storeNews.until((message) => message.event.type === "STORE_ORDER_DELIVERED");
    await vendor.same("StoreOrderPage", { id: part.id });
    news.stop();
    storeNews.stop();
  });

  await step("the buyer reviews what arrived", async () => {
    await buyer.open("ProductPage", { slug: below.product.slug });
    const input = { productId: below.product.id, rating: 4, title: "Fine leaves", body: "Good in the morning." };
    await buyer.send("ReviewWrite", { input });
    await buyer.open("ProductPage", { slug: below.product.slug });
    await buyer.open("FrontPage");
    await buyer.same("ProductPage", { slug: below.product.slug });
  });

  await step("the vendor changes stock, texts and prices", async () => {
    const page = { id: tea.id };
    await vendor.open("Stockroom", page);
    await vendor.send("StockChange", { input: { variantId: below.variant.id, delta: 7 } });
    await vendor.same("Stockroom", page);
    await vendor.send("ProductChange", { id: below.product.id, input: { name: "First flush, spring" } });
    await vendor.same("Stockroom", page);
    await vendor.send("PriceChange", { id: below.variant.id, input: { price: "11.40" } });
    await vendor.same("Stockroom", page);
    await vendor.same("StoreDesk", page);
  });

  await step("the buyer takes another name", async () => {
    await buyer.send("ProfileChange", { input: { displayName: "Asha R." } });
    await buyer.same("Header");
    await buyer.same("MyOrders");
    await buyer.open("OrderPage", { id: order.id });
  });

  await client.close();
  await vendorClient.close();
}

/** Pages of a list, joined by the client, against one page of the server. */
export async function pages(t, connect) {
  const souk = await Souk.demo(t);
  const client = await connect(souk);
  const size = 7;
  let after = null;
  for (let page = 0; page < 3; page += 1) {
    await client.query("ProductPages", { first: size, after });
    assertNoProblem();
    after = (await souk.raw("ProductPages", { first: size * (page + 1) })).products.pageInfo.endCursor;
  }
  const joined = client.read("ProductPages", { first: size, after: null });
  const whole = await souk.raw("ProductPages", { first: size * 3 });
  const seen = (data) => data.products.edges.map(({ node }) => [node.id, node.name, node.priceRange.min.amount]);
  assert.deepEqual(seen(joined), seen(whole));
  assert.equal(joined.products.pageInfo.hasNextPage, whole.products.pageInfo.hasNextPage);
  assertNoProblem();
  await client.close();
}
