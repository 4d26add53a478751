// Chromium, and what no page may do in it: ask another server, write to the console, or break its own policy.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const PICTURES = fileURLToPath(new URL("../../../target/browser/", import.meta.url));
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => path && existsSync(path),
);

export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 390, height: 844 };

export function launch() {
  assert.ok(executablePath, "Chromium is needed: apt-get install chromium, or set CHROMIUM");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** A page of its own profile; `check()` fails if it did what no page may do. */
export async function open(browser, souk, { size = WIDE, dark = false } = {}) {
  const context = await browser.newContext({ viewport: size, colorScheme: dark ? "dark" : "light", reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  const allowed = (address) => address.replace(/^ws/, "http").startsWith(`${souk.url}/`) || /^(data|blob):/.test(address);
  context.on("request", (request) => allowed(request.url()) || faults.push(`a request to ${request.url()}`));
  page.on("websocket", (socket) => allowed(socket.url()) || faults.push(`a socket to ${socket.url()}`));
  page.on("pageerror", (error) => faults.push(`an error: ${error.message}`));
  page.on("console", (message) => faults.push(`console.${message.type()}: ${message.text()}`));
  await page.exposeFunction("soukTestViolation", (text) => faults.push(`against the policy: ${text}`));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => soukTestViolation(`${event.violatedDirective} ${event.blockedURI}`));
  });
  // A paste, by any way there is, is one too many.
  await page.addInitScript(() => addEventListener("paste", () => soukTestViolation("a paste"), true));
  const check = () => assert.deepEqual(faults, []);
  return { page, context, faults, check };
}

export async function picture(page, name, options = {}) {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), ...options });
}
