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

/**
 * Apollo's type policies for lists that grow shorter, and for values whose parts are asked for by different queries. Apollo warns
 * of both unless it is told what to do: <https://www.apollographql.com/docs/react/caching/cache-field-behavior#merging-arrays>.
 */
export function mergePolicies(introspection) {
  const embedded = new Set(embeddedTypes(introspection));
  const isObjects = ({ kind, ofType }) => (kind === "LIST" ? !isScalar(ofType) : ofType !== null && isObjects(ofType));
  const isScalar = ({ kind, ofType }) => (ofType ? isScalar(ofType) : kind === "SCALAR" || kind === "ENUM");
  const objects = introspection.__schema.types.filter(({ kind, name }) => kind === "OBJECT" && !name.startsWith("__"));
  return Object.fromEntries(
    objects.map(({ name, fields }) => {
      const lists = fields.filter(({ type }) => isObjects(type)).map((field) => [field.name, { merge: false }]);
      return [name, { ...(embedded.has(name) && { merge: true }), fields: Object.fromEntries(lists) }];
    }),
  );
}
