/** How a schema's stand-in for "a thing of any other type" reads in JSON Schema. */

/**
 * A union by `type` has to name our own word for what it does not know; clients send whatever they have. To be given to a
 * schema's `meta`.
 * @param known the types that have schemas of their own
 */
export function anyTypeBut(known: readonly string[]) {
  return { properties: { type: { type: 'string', not: { enum: known } } }, required: ['type'] };
}
