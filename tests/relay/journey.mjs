// Turns ../journey.graphql into modules of a Relay app. Relay asks for names that begin with the module's and end with the
// kind of operation; nothing else of the documents is changed.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Kind, parse, print, visit } from "graphql";

const folder = new URL("./src/journey/", import.meta.url);
const document = parse(readFileSync(new URL("../journey.graphql", import.meta.url), "utf8"));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const fragmentName = (name) => `Fragments_${name[0].toLowerCase()}${name.slice(1)}`;
const renamed = visit(document, {
  FragmentDefinition: (node) => ({ ...node, name: { ...node.name, value: fragmentName(node.name.value) } }),
  // Relay hides what a fragment reads from the component that spreads it; here the operation is all there is.
  FragmentSpread: (node) => ({
    ...node,
    name: { ...node.name, value: fragmentName(node.name.value) },
    directives: [{ kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: "relay" }, arguments: [maskOff()] }],
  }),
});

function maskOff() {
  return { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: "mask" }, value: { kind: Kind.BOOLEAN, value: false } };
}

function write(module, definitions) {
  const tags = definitions.map((definition) => `graphql\`\n${print(definition)}\n\`;\n`).join("\n");
  writeFileSync(new URL(`${module}.js`, folder), `import { graphql } from "relay-runtime";\n\n${tags}`);
}

const fragments = renamed.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
write("Fragments", fragments);
let count = 0;
for (const definition of renamed.definitions) {
  if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
  const { value } = definition.name;
  const kind = definition.operation[0].toUpperCase() + definition.operation.slice(1);
  write(value, [{ ...definition, name: { ...definition.name, value: value.endsWith(kind) ? value : value + kind } }]);
  count += 1;
}
if (count === 0) throw new Error("../journey.graphql holds no operation");
console.log(`${count} operations`);
