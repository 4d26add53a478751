// The status of an order with live updates, by the link in an email or by order number and email address.

import { ask } from "/assets/pages/ask.js";
import { link } from "/assets/pages/link.js";
import { lines, money, parcel, status, timeline } from "/assets/pages/order-parts.js";
import { field, form, heading, show } from "/assets/pages/show.js";
import { el } from "/assets/shared/dom.js";
import { stateBadge, subscribe } from "/assets/shared/live.js";

const FIELDS = `
  number status isPaid isTaxIncluded
  totals { subtotal { amount currency } discountTotal { amount currency } shippingTotal { amount currency } taxTotal { amount currency } total { amount currency } }
  storeOrders {
    status storeName
    lines { id productName variantName quantity lineTotal { amount currency } }
    fulfillments { id courier trackingNumber trackingUrl }
  }
  events { message createdAt }
`;
const ORDER = `query Order($id: ID!, $token: String!) { order(id: $id, token: $token) { ${FIELDS} } }`;
const TRACK = `query TrackOrder($number: String!, $email: String!) { orderTrack(number: $number, email: $email) { ${FIELDS} } }`;
const UPDATES = `subscription OrderUpdates($token: String!) { orderUpdates(orderToken: $token) { cursor event { id } } }`;

function draw(order, badge) {
  heading(`Order ${order.number}`);
  const single = order.storeOrders.length === 1;
  const part = (it) => [
    el("h2", {}, it.storeName),
    single ? null : el("p", {}, status(it.status)),
    it.fulfillments.map(parcel),
    lines(it.lines, []),
  ];
  show(
    el("p", {}, status(order.status), " ", badge),
    ...order.storeOrders.flatMap(part).flat(),
    el("h2", {}, "Total"),
    el(
      "dl",
      { class: "facts" },
      el("dt", {}, "Products"),
      el("dd", {}, money(order.totals.subtotal)),
      Number(order.totals.discountTotal.amount) > 0 ? [el("dt", {}, "Discount"), el("dd", {}, `−${money(order.totals.discountTotal)}`)] : null,
      el("dt", {}, "Shipping"),
      el("dd", {}, money(order.totals.shippingTotal)),
      el("dt", {}, order.isTaxIncluded ? "Tax included" : "Tax"),
      el("dd", {}, money(order.totals.taxTotal)),
      el("dt", {}, "Total"),
      el("dd", {}, el("strong", {}, money(order.totals.total)), order.isPaid ? ", paid" : ", not paid yet"),
    ),
    el("h2", {}, "Timeline"),
    timeline(order.events),
  );
}

function follow() {
  let badge = stateBadge("connecting", "Connecting");
  let order = null;
  const load = async () => {
    try {
      order = await ask(ORDER, { id: link.id, token: link.token });
      if (order) draw(order, badge);
      else show(el("p", { class: "bad" }, "The order was not found, or the link is invalid."));
    } catch (error) {
      if (!order) show(el("p", { class: "bad", role: "alert" }, error.message));
    }
    return order;
  };
  const state = (name, words) => {
    const next = stateBadge(name, words);
    badge.replaceWith(next);
    badge = next;
    // Events before the connection was established are part of the loaded order.
    if (name === "live") load();
  };
  load().then((found) => {
    if (!found) return;
    const request = { query: UPDATES, variables: { token: link.token } };
    subscribe(request, { parameters: () => ({}), renew: async () => false, onState: state, onData: load });
  });
}

function search() {
  heading("Find your order");
  const fields = [
    field("Order number", "number", { autocomplete: "off", placeholder: "SK-7F3K-92QD" }),
    field("Email address", "email", { type: "email", autocomplete: "email" }, "The address that the confirmation was sent to."),
  ];
  show(
    form(fields, "Show the order", async (values) => {
      const order = await ask(TRACK, { number: values.number.trim(), email: values.email });
      if (!order) throw new Error("No order was found for this number and email address.");
      draw(order, "");
    }),
  );
}

if (link.id && link.token) follow();
else search();
