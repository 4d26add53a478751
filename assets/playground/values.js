// Fills Variables by itself: IDs, tokens, slugs and numbers of an answer go to the variables of the later steps.
//
// An object { id: "store_order_...", number, ... } fills `storeOrderId` and `storeOrderNumber`, if an operation of the tab declares them.

import { declaredIn } from "/assets/playground/operations.js";

// The ID of something that is no row is made of several.
const TYPE_ID = /^([a-z][a-z_]*)_(?:[0-9a-z]{26})+$/;
const BESIDE_THE_ID = ["token", "slug", "number"];
// The mutation takes the one as well as the other.
const ALIASES = { checkout_shipping_method: "shipping_method" };

// What one tab's answers fill in other tabs, as long as those have no value of their own.
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

// What an answer offers, by the names of variables. The first of its kind is taken; what can't be bought is passed over.
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
    // Where a subscription begins, so that nothing is lost between the answer and its first event.
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

  /** Sets variables of a tab that its document declares; `origin` says for whom: "own" or "shared". */
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

  /** Takes from an answer what later steps need. */
  take(id, fields, sent, data) {
    const tab = this.workspace.get(id);
    if (!tab || !data) return;
    const offered = offeredBy(data);
    for (const [key, payload] of Object.entries(data)) {
      if (fields.get(key) === "userRegister" && payload?.user && payload.userErrors?.length === 0) {
        // The next step signs in with what was registered.
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

  /** A new idempotency key for a run; one that was typed by hand stays. Answers with the variables to send. */
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

  /** The variables that an earlier step must fill in before the operation can run. */
  missing(declared, variables) {
    return declared.filter(({ name, required }) => required && /(Id|Token)$/.test(name) && isEmpty(variables?.[name]));
  }
}

export function random(length) {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => letters[byte % letters.length]).join("");
}
