// The pages that mails lead to, with the links of the mails.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, NARROW, open, picture } from "./lib/browser.mjs";
import { Souk } from "./lib/souk.mjs";

const PASSWORD = "seven tall giraffes";
let souk;
let browser;
before(async () => {
  [souk, browser] = await Promise.all([Souk.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await souk?.stop();
});

async function register(name) {
  const email = `${name}@example.com`;
  const query = "mutation($input: UserRegisterInput!) { userRegister(input: $input) { user { id } userErrors { message } } }";
  await souk.ask(query, { input: { email, password: PASSWORD, displayName: name, accountType: "CUSTOMER" } });
  return email;
}

/** Opens a link; the token must be gone from the address, and stay usable after a reload. */
async function follow(link, options) {
  const opened = await open(browser, souk, options);
  const asked = [];
  opened.page.on("request", (request) => asked.push(request.url()));
  await opened.page.goto(link);
  await opened.page.locator("#content > *").first().waitFor();
  assert.equal(opened.page.url(), link.split(/[#?]/)[0], "the token stands in the address bar");
  assert.ok(asked.every((address) => !address.includes("token")), "the token was sent in an address");
  await opened.page.reload();
  await opened.page.locator("#content > *").first().waitFor();
  return opened;
}

async function verified(email) {
  const token = await souk.signIn(email, PASSWORD);
  const { me } = await souk.ask("{ me { isEmailVerified } }", {}, token);
  return me.isEmailVerified;
}

test("a click verifies an email address, and opening the link does not", async () => {
  const email = await register("vera");
  const { link } = await souk.mail(email, /\/verify-email/);
  const { page, check, context } = await follow(link);
  await picture(page, "verify-email-light");
  assert.equal(await verified(email), false);
  await page.getByRole("button", { name: "Verify email address" }).click();
  await page.getByText("Thank you. vera@example.com is verified.").waitFor();
  assert.equal(await verified(email), true);
  check();
  await context.close();
  assert.ok(!souk.log.includes(link.split("token=")[1]), "the token stands in the log");

  const again = await follow(link, { dark: true, size: NARROW });
  await again.page.getByRole("button", { name: "Verify email address" }).click();
  await again.page.getByText("This link has expired or was used already.").waitFor();
  await picture(again.page, "verify-email-expired-narrow-dark");
  again.check();
  await again.context.close();
});

test("a forgotten password is set anew", async () => {
  const email = await register("paul");
  const asking = await open(browser, souk);
  await asking.page.goto(`${souk.url}/forgot-password`);
  await asking.page.getByLabel("Email address").fill(email);
  await asking.page.getByRole("button", { name: "Send the email" }).click();
  await asking.page.getByText("an email was sent").waitFor();
  asking.check();
  await asking.context.close();
  const { link } = await souk.mail(email, /\/reset-password/);
  const { page, check, context } = await follow(link, { size: NARROW });
  await page.getByLabel("New password").fill("password12");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
  await picture(page, "reset-password-narrow-light");
  await page.getByLabel("New password").fill("nine quiet lanterns");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("Your password is changed.").waitFor();
  assert.ok(await souk.signIn(email, "nine quiet lanterns"));
  check();
  await context.close();
});

test("another email address is confirmed", async () => {
  const email = await register("nora");
  const token = await souk.signIn(email, PASSWORD);
  const query = "mutation($input: EmailChangeRequestInput!) { emailChangeRequest(input: $input) { userErrors { message } } }";
  await souk.ask(query, { input: { newEmail: "nora-new@example.com", password: PASSWORD } }, token);
  const { link } = await souk.mail("nora-new@example.com", /\/confirm-email-change/);
  const { page, check, context } = await follow(link);
  await page.getByRole("button", { name: "Confirm email address" }).click();
  await page.getByText("Your email address is now nora-new@example.com.").waitFor();
  check();
  await context.close();
});

async function invite(email) {
  const token = await souk.signIn("vendor@souk.example");
  const { me } = await souk.ask("{ me { stores(first: 1) { nodes { id name } } } }", {}, token);
  const [store] = me.stores.nodes;
  const query = "mutation($input: StoreMemberInviteInput!) { storeMemberInvite(input: $input) { userErrors { message } } }";
  await souk.ask(query, { input: { storeId: store.id, email, role: "FULFILLER" } }, token);
  return { store, ...(await souk.mail(email, /\/invitation/)) };
}

test("an invitation is accepted after a sign-in, and another one is declined without an account", async () => {
  const { link, store } = await invite("buyer@souk.example");
  const { page, check, context } = await follow(link);
  await page.getByRole("heading", { name: `Invitation to ${store.name}` }).waitFor();
  await picture(page, "invitation-light");
  await page.getByRole("button", { name: "Accept" }).click();
  await page.getByLabel("Password").fill("demo-password");
  await picture(page, "invitation-sign-in-light");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText(`You are a member of ${store.name} now.`).waitFor();
  check();
  await context.close();

  const other = await invite("somebody@example.com");
  const second = await follow(other.link, { size: NARROW, dark: true });
  await second.page.getByRole("button", { name: "Decline" }).click();
  await second.page.getByText("You declined the invitation").waitFor();
  await second.page.reload();
  await second.page.getByText("This invitation was declined.").waitFor();
  second.check();
  await second.context.close();
});

const BUY = `mutation($input: CheckoutCompleteInput!) {
  checkoutComplete(input: $input) { order { number storeOrders { id } } userErrors { message } }
}`;

async function order(email) {
  const vendor = await souk.signIn("vendor@souk.example");
  const { me } = await souk.ask(
    "{ me { stores(first: 1) { nodes { products(first: 20) { nodes { variants { id stockQuantity } } } } } } }",
    {},
    vendor,
  );
  const variants = me.stores.nodes[0].products.nodes.flatMap((product) => product.variants);
  const variant = variants.find(({ stockQuantity }) => stockQuantity > 0);
  const { cartLinesAdd } = await souk.ask(
    "mutation($input: CartLinesAddInput!) { cartLinesAdd(input: $input) { cart { token } userErrors { message } } }",
    { input: { lines: [{ variantId: variant.id, quantity: 1 }] } },
  );
  const shippingAddress = { firstName: "Gita", lastName: "Rai", line1: "1 Lake Road", city: "Pokhara", country: "NP" };
  const { checkoutCreate } = await souk.ask(
    "mutation($input: CheckoutCreateInput!) { checkoutCreate(input: $input) { checkout { id token } userErrors { message } } }",
    { input: { cartToken: cartLinesAdd.cart.token, email, shippingAddress } },
  );
  const { id, token } = checkoutCreate.checkout;
  const input = { checkoutId: id, checkoutToken: token, paymentProvider: "MANUAL", idempotencyKey: `key of ${email}` };
  const { checkoutComplete } = await souk.ask(BUY, { input });
  return { ...checkoutComplete.order, vendor };
}

test("a buyer follows an order live, and the store sends it from its own page", async () => {
  const { number } = await order("gita@example.com");
  const { link } = await souk.mail("gita@example.com", new RegExp(`order ${number}`, "i"));
  const buyer = await follow(link, { size: NARROW });
  await buyer.page.getByRole("heading", { name: `Order ${number}` }).waitFor();
  await buyer.page.locator(".live-state.live").waitFor();
  await picture(buyer.page, "order-narrow-light", { fullPage: true });

  const mail = await souk.mail("vendor@souk.example", new RegExp(`order, ${number}`, "i"));
  const store = await follow(mail.link, { dark: true });
  await store.page.getByLabel("Email address").fill("vendor@souk.example");
  await store.page.getByLabel("Password").fill("demo-password");
  await store.page.getByRole("button", { name: "Sign in" }).click();
  await store.page.getByRole("heading", { name: `Order ${number}` }).waitFor();
  await store.page.getByRole("button", { name: "Start processing" }).click();
  await buyer.page.locator(".status", { hasText: "Being prepared" }).first().waitFor();
  await store.page.getByLabel("Courier").fill("DHL");
  await store.page.getByLabel("Tracking number").fill("JD0146000012");
  await picture(store.page, "store-order-dark", { fullPage: true });
  await store.page.getByRole("button", { name: "Mark as shipped" }).click();
  await buyer.page.getByText("Parcel: DHL JD0146000012").waitFor();
  await store.page.getByRole("button", { name: "Mark as delivered" }).click();
  await buyer.page.locator(".status", { hasText: "Delivered" }).first().waitFor();
  await picture(buyer.page, "order-delivered-narrow-light", { fullPage: true });
  for (const opened of [buyer, store]) {
    opened.check();
    await opened.context.close();
  }
});

test("an order is found by its number and email address", async () => {
  const { number } = await order("hari@example.com");
  const { page, check, context } = await open(browser, souk);
  await page.goto(`${souk.url}/orders/track`);
  await page.getByLabel("Order number").fill(number);
  await page.getByLabel("Email address").fill("hari@example.com");
  await page.getByRole("button", { name: "Show the order" }).click();
  await page.getByRole("heading", { name: `Order ${number}` }).waitFor();
  await picture(page, "order-found-light", { fullPage: true });
  check();
  await context.close();
});

test("every page has a name, one heading, labels, and says so if its link is incomplete", async () => {
  for (const path of ["verify-email", "forgot-password", "reset-password", "confirm-email-change", "invitation", "orders/track", "orders/received"]) {
    const { page, check, context } = await open(browser, souk, { size: NARROW });
    await page.goto(`${souk.url}/${path}`);
    await page.locator("#content > *").first().waitFor();
    assert.match(await page.title(), /\S+ · Souk$/, path);
    assert.equal(await page.getByRole("main").count(), 1, path);
    assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1, path);
    const nameless = await page.evaluate(() => [...document.querySelectorAll("input:not([hidden])")].filter((input) => input.labels.length === 0).length);
    assert.equal(nameless, 0, path);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, path);
    check();
    await context.close();
  }
});
