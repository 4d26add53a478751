// Makes modules of a Relay app out of `documents/`, and has the Relay compiler make artifacts of them. Relay asks for names that
// begin with the module's name and end with the kind of operation; nothing else of the documents is changed.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { Kind, print, visit } from "graphql";
import { all, kinds } from "./documents.mjs";

const folder = new URL("../.generated/relay/", import.meta.url);

/** The name that Relay knows an operation by. */
export function artifactName(name) {
  const kind = kinds[name][0].toUpperCase() + kinds[name].slice(1);
  return name.endsWith(kind) ? name : name + kind;
}

function fragmentName(name) {
  return `Fragments_${name[0].toLowerCase()}${name.slice(1)}`;
}

const name = (value) => ({ kind: Kind.NAME, value });

function directive(called, argument, value) {
  return { kind: Kind.DIRECTIVE, name: name(called), arguments: [{ kind: Kind.ARGUMENT, name: name(argument), value }] };
}

const unmasked = directive("relay", "mask", { kind: Kind.BOOLEAN, value: false });
const connection = directive("connection", "key", { kind: Kind.STRING, value: "ProductPages_products" });

/** `ProductPages` as Relay wants it: its pages are one list. */
function joined(operation) {
  if (operation.name.value !== "ProductPages") return operation;
  return visit(operation, { Field: (node) => (node.name.value === "products" ? { ...node, directives: [connection] } : undefined) });
}

/** Runs the compiler. */
export function compile() {
  rmSync(folder, { recursive: true, force: true });
  for (const name of ["src", "artifacts"]) mkdirSync(new URL(name, folder), { recursive: true });
  writeFileSync(new URL("package.json", folder), JSON.stringify({ type: "commonjs" }));
  const renamed = visit(all, {
    FragmentDefinition: (node) => ({ ...node, name: { ...node.name, value: fragmentName(node.name.value) } }),
    // Relay hides what a fragment reads from the component that spreads it; here the operation is all there is.
    FragmentSpread: (node) => ({ ...node, name: { ...node.name, value: fragmentName(node.name.value) }, directives: [unmasked] }),
    OperationDefinition: { leave: (node) => ({ ...joined(node), name: { ...node.name, value: artifactName(node.name.value) } }) },
  });
  const modules = new Map();
  for (const definition of renamed.definitions) {
    const module = definition.kind === Kind.FRAGMENT_DEFINITION ? "Fragments" : definition.name.value.replace(/(Query|Mutation|Subscription)$/, "");
    modules.set(module, [...(modules.get(module) ?? []), definition]);
  }
  for (const [module, definitions] of modules) {
    const tags = definitions.map((definition) => `graphql\`\n${print(definition)}\n\`;\n`).join("\n");
    writeFileSync(new URL(`src/${module}.js`, folder), `const { graphql } = require("relay-runtime");\n\n${tags}`);
  }
  const config = {
    src: "./src",
    schema: "../../../../schema.graphql",
    artifactDirectory: "./artifacts",
    language: "javascript",
    eagerEsModules: false,
  };
  writeFileSync(new URL("relay.config.json", folder), JSON.stringify(config, null, 2));
  const compiler = new URL("../node_modules/.bin/relay-compiler", import.meta.url).pathname;
  execFileSync(compiler, ["relay.config.json"], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
}
