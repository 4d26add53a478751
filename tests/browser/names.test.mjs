// The pages use no name of the schema that is deprecated.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSchema, NoDeprecatedCustomRule, parse, validate } from "graphql";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("the operations of the tabs use no deprecated name", async () => {
  const schema = buildSchema(await readFile(join(ROOT, "schema.graphql"), "utf8"), { assumeValidSDL: true });
  const folder = join(ROOT, "assets/playground/tabs");
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".graphql"))) {
    const document = parse(await readFile(join(folder, file), "utf8"));
    const found = validate(schema, document, [NoDeprecatedCustomRule]).map(({ message }) => message);
    assert.deepEqual(found, [], file);
  }
});
