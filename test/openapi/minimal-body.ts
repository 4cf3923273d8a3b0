/** The least that a schema of the document takes, and values that it does not take. */
import type { Json } from './read-document.js';

const MODEL = 'claude-sonnet-4';

/** Only what is required, each the simplest of its kind. */
export function toMinimal(schema: unknown, name = ''): unknown {
  const {
    const: only,
    enum: choices,
    type,
    required,
    properties,
    minItems,
    minimum,
    ...rest
  } = Object(schema);
  if (only !== undefined) return only;
  if (Array.isArray(choices)) return choices[0];
  const alternatives: unknown = rest.oneOf ?? rest.anyOf;
  if (Array.isArray(alternatives) && properties === undefined) return toMinimal(alternatives[0], name);
  switch (Array.isArray(type) ? type[0] : type) {
    case 'string':
      return name === 'model' || name === 'source' || name === 'destination' ? MODEL : 'x';
    case 'integer':
    case 'number':
      return minimum ?? 0;
    case 'boolean':
      return false;
    case 'array':
      return Array.from({ length: minItems ?? 0 }, () => toMinimal(rest.items));
    case 'object':
      return Object.fromEntries(
        [...(required ?? []), ...(rest.anyOf?.[0].required ?? [])].map((key: string) => [
          key,
          toMinimal(Object(properties)[key], key),
        ]),
      );
    default:
      throw new Error(`nothing is known of ${name}: ${JSON.stringify(schema)}`);
  }
}

/** One value of each kind, and numbers that are out of most bounds. */
export const ODD_VALUES: readonly unknown[] = [true, 'odd', 1.5, -(2 ** 70), { odd: 1 }, [[1]]];

export function propertiesOf(schema: Json): readonly (readonly [string, Json])[] {
  return Object.entries(Object(schema['properties']));
}
