// What clients are made with: the server's own introspection, and what follows from it without a person's choice.
import { getIntrospectionQuery } from "graphql";

/** The server's schema by introspection. */
export async function introspect(souk) {
  return souk.ask(getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true, oneOf: false }));
}

/** Apollo's `possibleTypes`: <https://www.apollographql.com/docs/react/data/fragments#generating-possibletypes-automatically>. */
export function possibleTypes({ __schema }) {
  const abstract = __schema.types.filter((type) => type.possibleTypes && !type.name.startsWith("__"));
  return Object.fromEntries(abstract.map((type) => [type.name, type.possibleTypes.map((possible) => possible.name)]));
}

/** Object types without an `id`: values of their parent. */
export function embeddedTypes({ __schema }) {
  const roots = [__schema.queryType, __schema.mutationType, __schema.subscriptionType].map((type) => type?.name);
  return __schema.types
    .filter((type) => type.kind === "OBJECT" && !type.name.startsWith("__") && !roots.includes(type.name))
    .filter((type) => !type.fields.some((field) => field.name === "id"))
    .map((type) => type.name);
}
