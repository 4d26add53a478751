// Answers as they are compared: without `__typename`, which clients add, and without the order of fields.

/** A copy without what clients add. */
export function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value)
      .filter((key) => !key.startsWith("__"))
      .sort()
      .map((key) => [key, plain(value[key])]),
  );
}
