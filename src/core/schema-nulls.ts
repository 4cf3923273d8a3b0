/** Leaves `null` out of JSON Schemas, which know it under no keyword: clients of typed languages write it for what they leave unset. */
import { isJsonObject, type JsonObject } from './json-object.js';

/** What stands under these is a value, and no schema. */
const VALUES = new Set(['default', 'const', 'enum', 'examples', 'example']);
/** Of these, those that may be null themselves: the others are lists. */
const NULL_VALUES: ReadonlySet<string> = new Set(['default', 'const', 'example']);
const NOWHERE: ReadonlySet<string> = new Set();
/** What stands under these are schemas, or lists of names, by names of the client's own. */
const MAPS = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependentRequired',
  'dependencies',
]);

/** The schema itself where it holds none. */
export function withoutNulls(schema: JsonObject): JsonObject {
  return cleanSchema(schema);
}

function cleanSchema(schema: JsonObject): JsonObject {
  return mapKept(
    schema,
    (value, key) => {
      if (VALUES.has(key)) return value;
      if (MAPS.has(key) && isJsonObject(value)) return mapKept(value, cleanValue);
      return cleanValue(value);
    },
    NULL_VALUES,
  );
}

function cleanValue(value: unknown): unknown {
  if (isJsonObject(value)) return cleanSchema(value);
  if (!Array.isArray(value)) return value;
  const cleaned = value.filter((item) => item !== null).map(cleanValue);
  return cleaned.length === value.length && cleaned.every((item, index) => item === value[index])
    ? value
    : cleaned;
}

/** The same object where nothing changes. */
function mapKept(
  object: JsonObject,
  clean: (value: unknown, key: string) => unknown,
  mayBeNull: ReadonlySet<string> = NOWHERE,
): JsonObject {
  let isSame = true;
  const entries: [string, unknown][] = [];
  for (const [key, value] of Object.entries(object)) {
    if (value === null && !mayBeNull.has(key)) {
      isSame = false;
      continue;
    }
    const cleaned = clean(value, key);
    isSame &&= cleaned === value;
    entries.push([key, cleaned]);
  }
  return isSame ? object : Object.fromEntries(entries);
}
