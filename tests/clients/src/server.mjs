// A Souk of its own for each test: a copy of the demo marketplace in a new folder, served on a free port.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { documents } from "./documents.mjs";

const root = new URL("../../../", import.meta.url).pathname;
const binary = process.env.SOUK_BIN ?? join(root, "target/debug/souk");

/** Nothing that a test waits for takes longer, in milliseconds. */
export const PATIENCE = 120_000;

/** The password of everybody in the demo. */
export const PASSWORD = "demo-password";

/** The demo marketplace as made by `prepare.mjs`, to be copied. */
export const demoFolder = new URL("../.generated/demo", import.meta.url).pathname;

/** A port that nobody listens on. */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** A running `souk serve`. */
export class Souk {
  /** Starts one on a copy of the demo, and stops it when the test `t` is over. */
  static async demo(t, settings = {}) {
    const folder = mkdtempSync(join(tmpdir(), "souk-clients-"));
    cpSync(demoFolder, folder, { recursive: true });
    const souk = await Souk.open(folder, settings);
    t.after(async () => {
      await souk.stop("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    });
    await souk.start();
    return souk;
  }

  /** One that is not started yet, with its data in `folder`. */
  static async open(folder, settings = {}) {
    return new Souk(folder, await freePort(), settings);
  }

  constructor(folder, port, settings) {
    this.folder = folder;
    this.url = `http://127.0.0.1:${port}`;
    this.graphql = `${this.url}/graphql`;
    this.socket = `ws://127.0.0.1:${port}/graphql/ws`;
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("SOUK_"));
    this.environment = {
      ...Object.fromEntries(inherited),
      SOUK_DATA_DIR: folder,
      SOUK_LISTEN: `127.0.0.1:${port}`,
      SOUK_PUBLIC_URL: this.url,
      SOUK_LOG: "warn",
      SOUK_GUEST_BUDGET: "0",
      SOUK_USER_BUDGET: "0",
      ...settings,
    };
  }

  /** Starts it (again) and waits until it is ready. */
  async start(...more) {
    if (!existsSync(binary)) throw new Error(`${binary} is missing: set SOUK_BIN, or run .ci/clients`);
    this.child = spawn(binary, ["serve", ...more], { cwd: this.folder, env: this.environment, stdio: ["ignore", "ignore", "inherit"] });
    this.ended = new Promise((resolve) => this.child.once("exit", resolve));
    let ended = false;
    this.ended.then(() => (ended = true));
    const deadline = Date.now() + PATIENCE;
    while (!(await fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false))) {
      if (ended) throw new Error(`souk ended with ${this.child.exitCode}`);
      if (Date.now() > deadline) throw new Error("souk is not ready");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it by a signal, and waits for its end. */
  async stop(signal = "SIGTERM") {
    this.child.kill(signal);
    await this.ended;
  }

  /** The server's own answer to an operation of `documents/`, past any cache; fails if it has errors. */
  async raw(name, variables = {}, token) {
    return this.ask(documents[name], variables, token);
  }

  /** As `raw`, for any document. */
  async ask(query, variables = {}, token) {
    const { data, errors } = await this.answer(query, variables, token);
    if (errors) throw new Error(`${query.slice(0, 200)}\n${JSON.stringify(variables)}\n${JSON.stringify(errors, null, 2)}`);
    return data;
  }

  /** The whole answer, with its errors. */
  async answer(query, variables = {}, token) {
    const headers = { "content-type": "application/json", accept: "application/graphql-response+json, application/json" };
    if (token) headers.authorization = `Bearer ${token}`;
    const answer = await fetch(this.graphql, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
    return answer.json();
  }

  /** Tokens of a demo user. */
  async signIn(email) {
    const { sessionCreate } = await this.raw("SignIn", { input: { email, password: PASSWORD } });
    if (!sessionCreate.tokens) throw new Error(JSON.stringify(sessionCreate));
    return sessionCreate.tokens;
  }
}
