import { describe, expect, it } from 'vitest';
import { withoutNulls } from '../../src/core/schema-nulls.js';

describe('null in a JSON Schema', () => {
  it.each([
    [{ type: 'object', properties: null, required: null }, { type: 'object' }],
    [
      { type: 'object', properties: { a: { type: 'string', enum: null, description: null }, b: null } },
      { type: 'object', properties: { a: { type: 'string' } } },
    ],
    [
      { items: { anyOf: [{ type: 'string', format: null }, null] } },
      { items: { anyOf: [{ type: 'string' }] } },
    ],
    [{ $defs: { x: { not: { title: null } } }, additionalProperties: null }, { $defs: { x: { not: {} } } }],
  ])('is left out at every level: %j', (schema, cleaned) => {
    expect(withoutNulls(schema)).toEqual(cleaned);
  });

  it.each([
    { default: null },
    { const: null },
    { enum: ['a', null] },
    { examples: [null, { a: null }] },
    { properties: { default: { default: { a: null } } } },
  ])('is a value under %j', (schema) => {
    expect(withoutNulls(schema)).toBe(schema);
  });

  it('is left out under a property that has the name of a keyword', () => {
    expect(withoutNulls({ properties: { default: { type: null }, enum: null } })).toEqual({
      properties: { default: {} },
    });
  });
});
