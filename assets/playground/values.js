// Fills in variables: IDs, tokens, slugs and numbers from a response become variables of later steps.
//
// An object { id: "store_order_...", number, ... } fills `storeOrderId` and `storeOrderNumber`, if an operation of the tab declares them.

import { declaredIn } from "/assets/playground/operations.js";

// IDs of objects that are not rows consist of several UUIDs.
const TYPE_ID = /^([a-z][a-z_]*)_(?:[0-9a-z]{26})+$/;
const BESIDE_THE_ID = ["token", "slug", "number"];
// The mutation accepts both IDs.
const ALIASES = { checkout_shipping_method: "shipping_method" };

// Variables of other tabs that are filled from a tab's responses, unless they have a value.
const SHARED = {
  vendor: { buyer: ["variantId", "productId"], guest: ["variantId"] },
  buyer: { staff: ["orderId"] },
  guest: { staff: ["orderId"] },
};

function camel(text) {
  return text.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// The values in a response by variable name. The first object of each type is used; objects that cannot be bought are skipped.
export function offeredBy(data) {
  const found = {};
  const walk = (value) => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (!value || typeof value !== "object") return;
    if (value.available === false || value.isAvailable === false || value.inStock === false || value.isInStock === false) return;
    const kind = TYPE_ID.exec(value.id)?.[1];
    if (kind) {
      const name = camel(ALIASES[kind] ?? kind);
      found[`${name}Id`] ??= value.id;
      for (const field of BESIDE_THE_ID) {
        if (typeof value[field] === "string" && found[`${name}Id`] === value.id) found[`${name}${capital(field)}`] = value[field];
      }
    }
    // The cursor to subscribe from, so that no event between the response and the subscription is lost.
    if (typeof value.updatesCursor === "string") found.after ??= value.updatesCursor;
    Object.values(value).forEach(walk);
  };
  walk(data);
  return found;
}

export function parseVariables(text) {
  try {
    const variables = JSON.parse(text || "{}");
    return variables && typeof variables === "object" && !Array.isArray(variables) ? variables : null;
  } catch {
    return null;
  }
}

function written(variables) {
  return JSON.stringify(variables, null, 2);
}

function isEmpty(value) {
  return value === "" || value === null || value === undefined;
}

export class Values {
  constructor(workspace) {
    this.workspace = workspace;
  }

  /** Sets variables that the tab's document declares. `origin` is "own" for values of this tab, "shared" for those of another one. */
  set(id, offered, origin = "own") {
    const tab = this.workspace.get(id);
    const variables = tab && parseVariables(tab.variables);
    if (!variables) return;
    const declared = declaredIn(tab.query);
    const filled = { ...tab.filled };
    let changed = false;
    for (const [name, value] of Object.entries(offered)) {
      if (!declared.has(name) || variables[name] === value) continue;
      if (origin === "shared" && !isEmpty(variables[name]) && filled[name] !== "shared") continue;
      variables[name] = value;
      filled[name] = origin;
      changed = true;
    }
    if (changed) this.workspace.update(id, { variables: written(variables), filled });
  }

  /** Fills in variables from a response. */
  take(id, fields, sent, data) {
    const tab = this.workspace.get(id);
    if (!tab || !data) return;
    const offered = offeredBy(data);
    for (const [key, payload] of Object.entries(data)) {
      if (fields.get(key) === "userRegister" && payload?.user && payload.userErrors?.length === 0) {
        // The next step signs in with the registered credentials.
        if (sent.newEmail) offered.email = sent.newEmail;
        if (sent.newPassword) offered.password = sent.newPassword;
      }
    }
    this.set(id, offered);
    for (const [kind, names] of Object.entries(SHARED[tab.kind] ?? {})) {
      const shared = Object.fromEntries(Object.entries(offered).filter(([name]) => names.includes(name)));
      for (const other of this.workspace.tabs) if (other.kind === kind) this.set(other.id, shared, "shared");
    }
  }

  /** Generates a new idempotency key unless the user entered one; returns the variables to send. */
  renewKeys(id, declared, variables) {
    const tab = this.workspace.get(id);
    const fresh = {};
    for (const { name } of declared) {
      if (!/idempotencyKey$/i.test(name)) continue;
      if (isEmpty(variables[name]) || variables[name] === tab?.filled[name]) fresh[name] = crypto.randomUUID?.() ?? random(32);
    }
    if (Object.keys(fresh).length === 0) return variables;
    const all = { ...variables, ...fresh };
    if (tab) this.workspace.update(id, { variables: written(all), filled: { ...tab.filled, ...fresh } });
    return all;
  }

  /** The required variables that an earlier step has not filled in yet. */
  missing(declared, variables) {
    return declared.filter(({ name, required }) => required && /(Id|Token)$/.test(name) && isEmpty(variables?.[name]));
  }
}

export function random(length) {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => letters[byte % letters.length]).join("");
}
