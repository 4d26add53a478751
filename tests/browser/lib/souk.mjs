// A `souk serve --demo` on a fresh folder.

import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const BINARY = process.env.SOUK_BIN ?? join(ROOT, "target/debug/souk");
const PATIENCE = 60_000;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Calls `attempt` until it answers with something. */
export async function eventually(what, attempt) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const found = await attempt();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${PATIENCE / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export class Souk {
  static async start(settings = {}) {
    const souk = new Souk();
    souk.folder = await mkdtemp(join(tmpdir(), "souk-browser-"));
    souk.url = `http://127.0.0.1:${await freePort()}`;
    souk.settings = settings;
    await souk.run();
    return souk;
  }

  async run() {
    const address = new URL(this.url).host;
    const environment = { SOUK_DATA_DIR: this.folder, SOUK_LISTEN: address, SOUK_LOG_FORMAT: "text", ...this.settings };
    this.log = "";
    this.process = spawn(BINARY, ["serve", "--demo"], { cwd: this.folder, env: { PATH: process.env.PATH, ...environment } });
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on("data", (text) => (this.log += text));
    this.ended = new Promise((resolve) => this.process.on("exit", resolve));
    await eventually("the start", async () => {
      if (this.process.exitCode !== null) throw new Error(this.log);
      return fetch(`${this.url}/readyz`).then(({ ok }) => ok, () => false);
    });
  }

  async halt() {
    this.process.kill("SIGTERM");
    await this.ended;
  }

  async stop() {
    await this.halt();
    await rm(this.folder, { recursive: true });
  }

  async ask(query, variables = {}, token = null) {
    const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(`${this.url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = await response.json();
    const refusals = Object.values(data ?? {}).flatMap((value) => value?.userErrors ?? []);
    if (errors || refusals.length > 0) throw new Error(JSON.stringify(errors ?? refusals));
    return data;
  }

  async signIn(email, password = "demo-password") {
    const query = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { tokens { accessToken } userErrors { message } } }";
    const { sessionCreate } = await this.ask(query, { input: { email, password } });
    return sessionCreate.tokens.accessToken;
  }

  /** The newest mail to an address whose subject matches, decoded: { subject, text, link }. */
  mail(address, subject) {
    return eventually(`a mail to ${address} (${subject})`, async () => {
      const folder = join(this.folder, "mail");
      const names = (await readdir(folder)).filter((name) => name.endsWith(".eml"));
      for (const name of names) {
        const source = await readFile(join(folder, name), "utf8");
        const text = source.replaceAll("=\r\n", "").replaceAll("=3D", "=");
        if (!text.includes(`To: ${address}\r\n`) || !subject.test(text)) continue;
        return { text, link: new RegExp(`${this.url}/\\S+`).exec(text)?.[0].replace(/["<].*$/, "") };
      }
      return null;
    });
  }
}
