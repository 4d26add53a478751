// Parses documents: their operations are the numbered steps of a tab.

const { parse, print } = GraphiQL.GraphQL;

// The operations of a document with the comment above each; null if it can't be parsed.
export function readOperations(text) {
  let document;
  try {
    document = parse(text);
  } catch {
    return null;
  }
  return document.definitions
    .filter((definition) => definition.kind === "OperationDefinition")
    .map((definition, index) => ({
      name: definition.name?.value ?? null,
      kind: definition.operation,
      line: definition.loc.startToken.line - 1,
      title: titleOf(definition, index),
      definition,
    }));
}

// Number and title from the first line of the comment ("3. Open a store"), and a note from the other lines.
function titleOf(definition, index) {
  const lines = [];
  for (let token = definition.loc.startToken.prev; token?.kind === "Comment"; token = token.prev) lines.unshift(token.value.trim());
  const at = lines.findLastIndex((line) => /^\d+\.\s/.test(line));
  const numbered = at < 0 ? lines : lines.slice(at);
  const [first = "", ...more] = numbered;
  const number = at < 0 ? index + 1 : Number.parseInt(first, 10);
  const words = at < 0 && lines.length === 0 ? wordsOf(definition.name?.value) : first.replace(/^\d+\.\s*/, "");
  return { number, words, note: more.join(" ") };
}

function wordsOf(name = "Unnamed operation") {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function findOperation(text, name) {
  const operations = readOperations(text);
  if (!operations) return null;
  return operations.find((operation) => operation.name === name) ?? (name ? null : (operations[0] ?? null));
}

// The variables that an operation declares: { name, type, required }.
export function variablesOf({ definition }) {
  return (definition.variableDefinitions ?? []).map(({ variable, type, defaultValue }) => ({
    name: variable.name.value,
    type: print(type).replace(/[[\]!]/g, ""),
    required: type.kind === "NonNullType" && !defaultValue,
  }));
}

// The names of all variables of a document.
export function declaredIn(text) {
  return new Set((readOperations(text) ?? []).flatMap(variablesOf).map(({ name }) => name));
}

// Maps each key of the result to its field, resolving aliases.
export function rootFields({ definition }) {
  const fields = definition.selectionSet.selections.filter(({ kind }) => kind === "Field");
  return new Map(fields.map(({ alias, name }) => [(alias ?? name).value, name.value]));
}
