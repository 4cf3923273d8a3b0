/** JSON's types as OpenAI's messages call them. */

/** "a string", "an integer"; `expected` is zod's name of a type, or several of them joined by `|`. */
export function nameExpected(expected: string): string {
  const names = [...new Set(expected.split('|').map(nameOne))];
  return names.length > 1 ? `one of ${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : names.join('');
}

function nameOne(expected: string): string {
  switch (expected) {
    case 'int':
      return 'an integer';
    case 'number':
      return 'a decimal';
    case 'array':
      return 'an array';
    case 'object':
    case 'record':
      return 'an object';
    default:
      return `a ${expected}`;
  }
}

/** What a value of parsed JSON is. */
export function nameType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
