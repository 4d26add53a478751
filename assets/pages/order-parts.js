// Elements that show parts of an order.

import { el } from "/assets/shared/dom.js";

const STATUS = {
  PENDING: "Waiting for the payment",
  CONFIRMED: "Confirmed",
  PROCESSING: "Being prepared",
  SHIPPED: "On its way",
  DELIVERED: "Delivered",
  COMPLETED: "Complete",
  CANCELLED: "Cancelled",
  REFUNDED: "Refunded",
  FAILED: "Payment failed",
};

export function money({ amount, currency }) {
  return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(amount);
}

export function status(name) {
  return el("span", { class: "status" }, STATUS[name] ?? name);
}

export function time(text) {
  return el("time", { datetime: text }, new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }));
}

/** Lines as a table; `totals` are rows of [name, Money] below them. */
export function lines(rows, totals) {
  const name = ({ productName, variantName }) =>
    variantName && variantName !== "Default" ? `${productName} (${variantName})` : productName;
  const row = (line) => el("tr", {}, el("td", {}, name(line)), el("td", {}, String(line.quantity)), el("td", {}, money(line.lineTotal)));
  const foot = ([label, value]) => el("tr", {}, el("td", { colspan: 2 }, label), el("td", {}, money(value)));
  return el(
    "table",
    { class: "lines" },
    el("thead", {}, el("tr", {}, ["Product", "Quantity", "Price"].map((label) => el("th", { scope: "col" }, label)))),
    el("tbody", {}, rows.map(row)),
    el("tfoot", {}, totals.map(foot)),
  );
}

export function timeline(events) {
  const newestFirst = [...events].reverse();
  return el("ol", { class: "timeline" }, newestFirst.map((event) => el("li", {}, time(event.createdAt), event.message)));
}

export function parcel({ courier, trackingNumber, trackingUrl }) {
  const words = [courier, trackingNumber].filter(Boolean).join(" ") || "Sent";
  const safe = /^https?:\/\//.test(trackingUrl ?? "");
  return el("p", {}, "Parcel: ", safe ? el("a", { href: trackingUrl, rel: "noreferrer" }, words) : words);
}

export function address(it) {
  const town = [it.postalCode, it.city, it.region].filter(Boolean).join(" ");
  const rows = [`${it.firstName} ${it.lastName}`, it.company, it.line1, it.line2, town, it.country].filter(Boolean);
  return el("p", {}, rows.flatMap((row) => [row, el("br")]));
}
