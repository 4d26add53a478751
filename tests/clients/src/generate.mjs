// Runs the code generators over the committed schema and `documents/`; each must succeed, and its output must compile.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { Kind, print, visit } from "graphql";
import { all } from "./documents.mjs";

const root = new URL("../", import.meta.url).pathname;
const output = `${root}.generated/types`;

/** Runs a program of npm or of Python; what it writes is part of the error if it fails. */
function run(program, ...parameters) {
  try {
    return execFileSync(program, parameters, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new Error(`${program} ${parameters.join(" ")}\n${error.stdout}\n${error.stderr}`);
  }
}

const npm = (name, ...parameters) => run(`${root}node_modules/.bin/${name}`, ...parameters);

/** GraphQL Code Generator. */
export function codegen() {
  return npm("graphql-codegen", "--config", "codegen.yml");
}

/** gql.tada reads documents in TypeScript: the same ones, each with the fragments that it spreads. */
export function tada() {
  mkdirSync(output, { recursive: true });
  const fragments = new Map(all.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map((each) => [each.name.value, each]));
  const written = new Set();
  const lines = [
    'import { initGraphQLTada } from "gql.tada";',
    'import type { introspection } from "./graphql-env.js";',
    "",
    "const graphql = initGraphQLTada<{",
    "  introspection: introspection;",
    "  disableMasking: true;",
    "  scalars: { Decimal: string; Date: string; DateTime: string; CurrencyCode: string; CountryCode: string; HTML: string; URL: string; Upload: File };",
    "}>();",
  ];
  const write = (definition) => {
    const spreads = new Set();
    visit(definition, { FragmentSpread: ({ name }) => void spreads.add(name.value) });
    for (const name of spreads) {
      if (!written.has(name)) {
        written.add(name);
        write(fragments.get(name));
      }
    }
    lines.push("", `export const ${definition.name.value} = graphql(\`\n${print(definition)}\n\`, [${[...spreads].join(", ")}]);`);
  };
  for (const definition of all.definitions) if (definition.kind === Kind.OPERATION_DEFINITION) write(definition);
  writeFileSync(`${output}/tada.ts`, `${lines.join("\n")}\n`);
  npm("gql-tada", "generate-output");
  return npm("gql-tada", "check", "--fail-on-warn");
}

/** The TypeScript compiler over what was generated, and over `types/`, which uses it. */
export function typescript() {
  return npm("tsc", "--noEmit", "--project", "tsconfig.json");
}

/** ariadne-codegen: a Python package, which is then run against a server; answers with what it printed. */
export function ariadne(url) {
  const python = process.env.SOUK_CLIENTS_PYTHON ?? `${root}.venv/bin/python`;
  if (!existsSync(python)) throw new Error(`${python} is missing: run .ci/clients`);
  rmSync(`${root}.generated/python`, { recursive: true, force: true });
  mkdirSync(`${root}.generated/python`, { recursive: true });
  const settings = {
    schema_path: "../../schema.graphql",
    queries_path: "documents",
    target_package_path: ".generated/python",
    target_package_name: "souk_client",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  writeFileSync(`${root}.generated/ariadne.toml`, ["[tool.ariadne-codegen]", ...lines, ""].join("\n"));
  run(python, "-m", "ariadne_codegen", "--config", ".generated/ariadne.toml");
  return run(python, "types/use.py", url);
}
