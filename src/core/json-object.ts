/** JSON that others write: text that may be none, and objects among all other values. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** True for an object that is neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True where each key of `object` is one of `names`. */
export function hasOnly(object: object, names: ReadonlySet<string>): boolean {
  for (const name of Object.keys(object)) if (!names.has(name)) return false;
  return true;
}

/** The value of JSON text; `otherwise` for text that is none. */
export function parseJson(text: string, otherwise?: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}
