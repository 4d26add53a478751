// Orders placed past any client, so that something happens which clients follow.

const ADDRESS = { firstName: "Asha", lastName: "Rai", line1: "12 Lake Road", city: "Pokhara", postalCode: "33700", country: "NP" };

/** The store of a vendor, and a variant of it that can be ordered often. */
export async function shop(souk, token) {
  const { me } = await souk.raw("VendorStores", {}, token);
  const { id } = me.stores.nodes[0];
  const { store } = await souk.raw("Stockroom", { id }, token);
  const product = store.products.nodes.find((each) => each.status === "ACTIVE" && each.variants.some((one) => one.stockQuantity !== null));
  const variant = product.variants.find((each) => each.stockQuantity !== null);
  await souk.raw("StockChange", { input: { variantId: variant.id, delta: 1000 } }, token);
  return { id, variant };
}

/** Places and returns an order of one unit. */
export async function placeOrder(souk, token, variant) {
  const done = ({ userErrors, ...payload }) => {
    if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
    return payload;
  };
  done((await souk.raw("CartAdd", { input: { lines: [{ variantId: variant.id, quantity: 1 }] } }, token)).cartLinesAdd);
  const { checkout } = done((await souk.raw("CheckoutBegin", { input: { shippingAddress: ADDRESS } }, token)).checkoutCreate);
  const input = { checkoutId: checkout.id, paymentProvider: "SANDBOX", idempotencyKey: checkout.id };
  return done((await souk.raw("CheckoutFinish", { input }, token)).checkoutComplete).order;
}

/** The IDs of all events that a store sees of its newest orders. */
export async function storeEvents(souk, token, storeId) {
  const { store } = await souk.raw("StoreDesk", { id: storeId }, token);
  return store.orders.nodes.flatMap((order) => order.events.map((event) => event.id));
}
