// A store order, for members of the store: items, shipping address and the next step.

import { signInForm } from "/assets/pages/account.js";
import { ask } from "/assets/pages/ask.js";
import { link } from "/assets/pages/link.js";
import { address, lines, parcel, status, timeline } from "/assets/pages/order-parts.js";
import { button, field, form, heading, incomplete, problem, show } from "/assets/pages/show.js";
import { el } from "/assets/shared/dom.js";

const ORDER = `query StoreOrder($id: ID!) {
  storeOrder(id: $id) {
    id number status allowedStatuses storeName isPaid note shippingMethodName
    total { amount currency }
    lines { id productName variantName quantity lineTotal { amount currency } }
    shippingAddress { firstName lastName company line1 line2 postalCode city region country }
    fulfillments { id courier trackingNumber trackingUrl }
    events { id message createdAt }
  }
}`;
const PROCESS = `mutation ProcessOrder($id: ID!) { storeOrderProcess(id: $id) { storeOrder { id } userErrors { code message } } }`;
const DELIVER = `mutation DeliverOrder($id: ID!) { storeOrderDeliver(id: $id) { storeOrder { id } userErrors { code message } } }`;
const SEND = `mutation SendOrder($input: StoreOrderFulfillInput!) {
  storeOrderFulfill(input: $input) { storeOrder { id } userErrors { code message } }
}`;

async function open(token) {
  const order = await ask(ORDER, { id: link.id }, token);
  if (!order) throw new Error("The order was not found, or you are not a member of its store.");
  heading(`Order ${order.number} for ${order.storeName}`);
  show(
    el("p", {}, status(order.status), order.isPaid ? " Paid" : " Not paid yet"),
    steps(order, token),
    order.shippingAddress ? [el("h2", {}, "Ship to"), address(order.shippingAddress)] : null,
    order.shippingMethodName ? el("p", {}, `Shipping method: ${order.shippingMethodName}`) : null,
    order.note ? el("p", {}, `Note from the buyer: ${order.note}`) : null,
    el("h2", {}, "Items"),
    lines(order.lines, [["Total", order.total]]),
    order.fulfillments.map(parcel),
    el("h2", {}, "Timeline"),
    timeline(order.events),
  );
}

function steps({ id, allowedStatuses }, token) {
  const may = (name) => allowedStatuses.includes(name);
  const place = problem();
  const then = (query, variables) => async () => {
    await ask(query, variables, token);
    await open(token);
  };
  return el(
    "div",
    {},
    place,
    may("PROCESSING") ? button("Start processing", then(PROCESS, { id }), place) : null,
    may("SHIPPED") ? sending(id, token) : null,
    may("DELIVERED") ? button("Mark as delivered", then(DELIVER, { id }), place) : null,
  );
}

function sending(id, token) {
  // One key per form, so that pressing the button twice creates one fulfillment.
  const idempotencyKey = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const fields = [
    field("Courier", "courier", { required: false, maxlength: 100 }),
    field("Tracking number", "trackingNumber", { required: false, maxlength: 100 }),
  ];
  return form(fields, "Mark as shipped", async ({ courier, trackingNumber }) => {
    const input = { storeOrderId: id, courier: courier || null, trackingNumber: trackingNumber || null, idempotencyKey };
    await ask(SEND, { input }, token);
    await open(token);
  });
}

if (link.id) show(el("p", {}, "Sign in with an account that is a member of the store."), signInForm("", open));
else incomplete();
