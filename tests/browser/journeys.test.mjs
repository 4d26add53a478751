import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, NARROW, picture, WIDE } from "./lib/browser.mjs";
import { openPlayground } from "./lib/playground.mjs";
import { eventually, Souk } from "./lib/souk.mjs";

let souk;
let browser;
before(async () => {
  [souk, browser] = await Promise.all([Souk.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await souk?.stop();
});

test("the first click answers, and every step of the storefront", async () => {
  const { page, play, check, context } = await openPlayground(browser, souk);
  const { products } = await play.run("Storefront");
  assert.equal(products.nodes.length, 20);
  await page.locator(".graphiql-response", { hasText: products.nodes[0].name }).waitFor();
  const { product } = await play.run("ProductPage");
  assert.equal(product.name, products.nodes[0].name);
  for (const step of ["Categories", "Stores", "Settings"]) await play.run(step);
  await picture(page, "storefront-wide-light");
  check();
  await context.close();
});

test("GraphiQL's own button runs the operation that is chosen, with the variables of the first tab", async () => {
  const { page, check, context } = await openPlayground(browser, souk);
  // The button opens a menu when GraphiQL has parsed the operations of the tab.
  await page.locator('.graphiql-execute-button[aria-haspopup="menu"]').click();
  await page.getByRole("menuitem", { name: "Storefront" }).click();
  await page.locator(".graphiql-response", { hasText: '"products"' }).waitFor();
  check();
  await context.close();
});

test("a vendor and a buyer come to an order and a review by clicks alone", async () => {
  const { page, play, check, context } = await openPlayground(browser, souk);
  await play.tab("Vendor");
  for (const step of ["RegisterVendor", "SignInVendor", "CreateStore", "OfferShipping"]) await play.run(step);
  await play.who("Mina");
  const { productCreate } = await play.run("CreateProduct");
  const { productImageCreate } = await play.runWithPicture("AddImage");
  assert.equal(productImageCreate.product.images.length, 1);
  const { stockAdjust } = await play.run("AdjustStock");
  assert.equal(stockAdjust.variant.stockQuantity, 50);
  await play.watch("WatchOrders");

  await play.tab("Buyer");
  const { products } = await play.run("BuyerBrowse");
  assert.equal(products.nodes[0].id, productCreate.product.id, "the newest product comes first");
  for (const step of ["RegisterBuyer", "SignInBuyer", "AddToCart", "CreateCheckout", "ChooseShipping"]) await play.run(step);
  await play.who("Arun");
  const first = await play.run("CompleteCheckout");
  const key = (await play.variables()).idempotencyKey;
  assert.ok(key.length >= 32, key);
  await play.watch("FollowOrder");
  await play.event("WatchOrders", "ORDER_PLACED");
  await picture(page, "buyer-wide-light");

  await play.tab("Vendor");
  const { store } = await play.run("Orders");
  assert.equal(store.orders.nodes[0].number, first.checkoutComplete.order.number);
  for (const step of ["Process", "Fulfill", "Deliver"]) await play.run(step);
  await play.event("FollowOrder", "DELIVERED");
  await picture(page, "vendor-wide-light");

  await play.tab("Buyer");
  const { order } = await play.run("OrderPage");
  assert.equal(order.status, "DELIVERED");
  const { reviewCreate } = await play.run("WriteReview");
  assert.equal(reviewCreate.review.isVerifiedPurchase, true);
  check();
  await context.close();
});

test("a guest buys, follows, finds and cancels an order by clicks alone", async () => {
  const { play, check, context } = await openPlayground(browser, souk, { size: NARROW });
  await play.tab("Guest");
  for (const step of ["GuestBrowse", "GuestAddToCart", "GuestCheckout", "GuestShipping", "GuestComplete"]) await play.run(step);
  await play.watch("GuestFollow");
  for (const step of ["GuestOrder", "GuestTrack", "GuestCancel"]) await play.run(step);
  await play.event("GuestFollow", "CANCELLED");
  check();
  await context.close();
});

test("the staff signs in, and stays signed in after a reload until it signs out", async () => {
  const { page, play, check, context } = await openPlayground(browser, souk, { dark: true });
  await play.tab("Staff");
  await play.run("SignInStaff");
  await play.who("Stan Staff");
  for (const step of ["StaffOrders", "StaffReviews", "HideReview", "AddCategory", "StaffUsers"]) await play.run(step);
  await page.reload();
  await page.locator("body[data-ready=true]").waitFor();
  await play.who("Stan Staff");
  await play.run("StaffOrders");
  await picture(page, "staff-wide-dark");
  assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage }).includes("eyJ")), false, "a token is kept for good");
  await page.getByRole("button", { name: "Sign out" }).click();
  await play.who("not signed in");
  assert.equal(await page.evaluate(() => JSON.stringify({ ...sessionStorage }).includes("eyJ")), false, "a token is kept");
  check();
  await context.close();
});

test("an admin refunds a part of an order and finds it in the records of money by clicks alone", async () => {
  const { page, play, check, context } = await openPlayground(browser, souk);
  await play.tab("Money");
  await play.run("SignInFinance");
  await play.who("Ada Admin");
  const { orders } = await play.run("PaidOrders");
  assert.ok(orders.nodes.length > 0);
  const { storeBalance } = await play.run("Balance");
  const before = await play.run("Statement");
  const { refundPreview } = await play.run("Preview");
  assert.equal(refundPreview.amount.amount, "1.00");
  await play.run("Refund");
  const { order } = await play.run("Refunds");
  assert.ok(order.refunds.some(({ amount, note }) => amount.amount === "1.00" && note === "The parcel arrived late."));
  const { ledgerTransactions } = await play.run("Posted");
  const kinds = ledgerTransactions.nodes.map(({ kind }) => kind);
  assert.ok(kinds.includes("CAPTURE") && kinds.includes("REFUND"), kinds.join());
  const after = await play.run("Statement");
  assert.equal(after.storeStatement.earnings.totalCount, before.storeStatement.earnings.totalCount + 1);
  assert.notEqual(after.storeStatement.closingBalance.amount, storeBalance[0].payable.amount);
  const file = await page.request.get(after.storeStatement.csvUrl);
  assert.equal(file.headers()["content-type"], "text/csv; charset=utf-8; header=present");
  const lines = (await file.text()).trimEnd().split("\r\n");
  assert.equal(lines.length, after.storeStatement.earnings.totalCount + 1);
  assert.ok(lines.at(-1).includes(after.storeStatement.closingBalance.amount), lines.at(-1));
  for (const step of ["Settings", "ChangeSetting"]) await play.run(step);
  const { moneyReconciliation } = await play.run("Reconciliation");
  assert.equal(moneyReconciliation.totalCount, 0);
  await picture(page, "money-wide-light");
  check();
  await context.close();
});

test("the search corrects typos, counts facets, suggests, and learns synonyms", async () => {
  const { page, play, check, context } = await openPlayground(browser, souk);
  await play.tab("Search");
  const { productSearch } = await play.run("SearchProducts");
  assert.equal(productSearch.query.corrected, "stoneware bowl");
  assert.ok(productSearch.edges[0].matches.length > 0, JSON.stringify(productSearch.edges[0]));
  const filtered = (await play.run("FilterProducts")).productSearch;
  assert.ok(filtered.totalCount > 0 && filtered.edges.every(({ variant }) => variant), JSON.stringify(filtered.totalCount));
  assert.ok(filtered.facets.some(({ slug }) => slug === "category"));
  const { searchSuggest } = await play.run("SuggestProducts");
  assert.ok(searchSuggest.products.length > 0);
  const { product } = await play.run("FoundProduct");
  assert.ok(product.variants.length > 0);
  const { store } = await play.run("SearchInStore");
  assert.deepEqual(store.productSearch.facets.map(({ slug }) => slug), ["category", "price"]);
  await play.run("SignInEditor");
  await play.who("ADMIN");
  await play.run("AddSynonyms");
  // The index follows in less than a second.
  await eventually("the synonyms", async () => (await play.run("SearchSynonymous")).productSearch.totalCount);
  const { searchSynonyms } = await play.run("ListSynonyms");
  assert.deepEqual(searchSynonyms.nodes[0].words, ["rucksack", "backpack"]);
  await play.run("DeleteSynonyms");
  check();
  await context.close();
});

test("each tab has its own person, and a new tab shows an example", async () => {
  const { page, play, check, context } = await openPlayground(browser, souk);
  await play.tab("Vendor");
  await play.demo("Vendor");
  await play.who("Mina Gurung");
  await play.tab("Buyer");
  await play.who("not signed in");
  await play.demo("Buyer");
  await play.who("CUSTOMER");
  await play.tab("Vendor");
  await play.who("Mina Gurung");
  await page.getByRole("button", { name: "New tab" }).click();
  const { products } = await play.run("NewestProducts");
  assert.equal(products.nodes.length, 3);
  const names = await page.getByRole("tab").allTextContents();
  assert.deepEqual(names, ["Storefront", "Vendor", "Buyer", "Guest", "Staff", "Money", "Search", "Tab 8"]);
  check();
  await context.close();
});

test("a subscription goes on after the server was restarted, and says in words what happened", async () => {
  const { play, faults, context } = await openPlayground(browser, souk);
  await play.tab("Vendor");
  await play.demo("Vendor");
  await play.who("Mina Gurung");
  const token = await souk.signIn("vendor@souk.example");
  const { me } = await souk.ask("{ me { stores(first: 1) { nodes { id } } } }", {}, token);
  assert.ok(me.stores.nodes[0].id);
  await play.run("CreateStore");
  await play.watch("WatchOrders");
  await souk.halt();
  await play.stream("WatchOrders").locator(".live-state.waiting", { hasText: "Trying again" }).waitFor();
  await souk.run();
  await play.stream("WatchOrders").locator(".live-state.live").waitFor();
  // A browser itself reports connections that fail.
  assert.deepEqual(faults.filter((fault) => !/WebSocket|ERR_CONNECTION/.test(fault)), []);
  await context.close();
});

test("the page can be used in both colour schemes and on a telephone", async () => {
  for (const [name, size] of [["wide", WIDE], ["narrow", NARROW]]) {
    for (const dark of [false, true]) {
      const { page, play, check, context } = await openPlayground(browser, souk, { size, dark });
      await play.tab("Buyer");
      await play.demo("Buyer");
      await play.who("CUSTOMER");
      await play.run("BuyerBrowse");
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overflow <= 0, `${name}: ${overflow} px are cut off`);
      await picture(page, `page-${name}-${dark ? "dark" : "light"}`, { fullPage: size === NARROW });
      await play.tab("Search");
      await play.run("FilterProducts");
      await picture(page, `search-${name}-${dark ? "dark" : "light"}`, { fullPage: size === NARROW });
      check();
      await context.close();
    }
  }
});
