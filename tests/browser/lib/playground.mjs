// The page at /, by clicks alone.

import assert from "node:assert/strict";
import { open } from "./browser.mjs";

export async function openPlayground(browser, souk, options) {
  const opened = await open(browser, souk, options);
  await opened.page.goto(souk.url);
  await opened.page.locator("body[data-ready=true]").waitFor();
  return { ...opened, play: new Playground(opened.page) };
}

export class Playground {
  constructor(page) {
    this.page = page;
  }

  tab(name) {
    return this.page.getByRole("tab", { name, exact: false }).click();
  }

  demo(name) {
    return this.page.getByRole("group", { name: "Demo sign-ins" }).getByRole("button", { name }).click();
  }

  who(text) {
    return this.page.locator("#head .who", { hasText: text }).waitFor();
  }

  step(operation) {
    return this.page.locator(".step", { has: this.page.locator(`button[data-operation="${operation}"]`) });
  }

  async click(operation) {
    await this.page.locator(`button[data-operation="${operation}"]`).click();
  }

  /** Runs a step, and answers with its result, which must be without errors. */
  async run(operation) {
    const answered = this.page.waitForResponse(
      (response) => response.url().endsWith("/graphql") && (response.request().postData() ?? "").includes(`"operationName":"${operation}"`),
    );
    await this.click(operation);
    const response = await answered;
    return this.good(operation, await response.json());
  }

  /** Runs the step that sends a picture. */
  async runWithPicture(operation) {
    await this.click(operation);
    const answered = this.page.waitForResponse((response) => response.request().headers()["content-type"]?.startsWith("multipart/"));
    await this.page.getByRole("button", { name: "Use a sample image" }).click();
    return this.good(operation, await (await answered).json());
  }

  async good(operation, body) {
    assert.equal(body.errors, undefined, `${operation}: ${JSON.stringify(body.errors)}`);
    for (const payload of Object.values(body.data)) assert.deepEqual(payload?.userErrors ?? [], [], operation);
    await this.page.locator(".step.done", { has: this.page.locator(`button[data-operation="${operation}"]`) }).waitFor();
    return body.data;
  }

  /** Starts a subscription; it goes on while other tabs are used. */
  async watch(operation) {
    await this.click(operation);
    await this.stream(operation).locator(".live-state.live").waitFor();
  }

  stream(operation) {
    return this.page.locator("#live .stream", { hasText: operation });
  }

  async event(operation, text) {
    await this.stream(operation).locator("summary", { hasText: text }).first().waitFor();
  }

  variables() {
    return this.page.evaluate(() => {
      const kept = Object.entries(sessionStorage).find(([key]) => key.startsWith("souk:tabs:"))[1];
      const { tabs, activeId } = JSON.parse(kept);
      return JSON.parse(tabs.find(({ id }) => id === activeId).variables);
    });
  }
}
