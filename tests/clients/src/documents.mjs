// The operations of `documents/`, each as a text with the fragments that it uses.
import { readFileSync, readdirSync } from "node:fs";
import { Kind, parse, print, separateOperations } from "graphql";

const folder = new URL("../documents/", import.meta.url);

/** All of `documents/` in one document. */
export const all = parse(
  readdirSync(folder)
    .filter((name) => name.endsWith(".graphql"))
    .sort()
    .map((name) => readFileSync(new URL(name, folder), "utf8"))
    .join("\n"),
);

/** Text of each operation, by its name. */
export const documents = Object.fromEntries(
  Object.entries(separateOperations(all)).map(([name, document]) => [name, print(document)]),
);

/** `query`, `mutation` or `subscription`, by the name of the operation. */
export const kinds = Object.fromEntries(
  all.definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .map((definition) => [definition.name.value, definition.operation]),
);
