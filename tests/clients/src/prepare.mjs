// Makes what the tests are run with: the demo marketplace, and the Relay compiler's artifacts.
import { mkdirSync, rmSync } from "node:fs";
import { compile } from "./compile-relay.mjs";
import { Souk, demoFolder } from "./server.mjs";

rmSync(demoFolder, { recursive: true, force: true });
mkdirSync(demoFolder, { recursive: true });
compile();
const souk = await Souk.open(demoFolder);
await souk.start("--demo");
await souk.stop();
