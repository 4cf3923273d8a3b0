/** JSON as a tree of texts, which can say what no JavaScript value can: keys twice, numbers out of range, holes, broken text. */

export type JsonTree =
  | { readonly kind: 'object'; readonly entries: [key: string, value: JsonTree][] }
  | { readonly kind: 'list'; readonly items: JsonTree[] }
  /** Stands in the text as it is, in Latin-1: each character is a byte. */
  | { readonly kind: 'text'; readonly text: string };

export function toTree(value: unknown): JsonTree {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(toTree) };
  if (typeof value !== 'object' || value === null)
    return { kind: 'text', text: toBytes(JSON.stringify(value)) };
  return {
    kind: 'object',
    entries: Object.entries(value).map(([key, child]) => [toBytes(JSON.stringify(key)), toTree(child)]),
  };
}

export function write(tree: JsonTree): string {
  switch (tree.kind) {
    case 'object':
      return `{${tree.entries.map(([key, value]) => `${key}:${write(value)}`).join(',')}}`;
    case 'list':
      return `[${tree.items.map(write).join(',')}]`;
    case 'text':
      return tree.text;
    default:
      return tree satisfies never;
  }
}

/** The UTF-8 of a text, a character for each byte. */
export function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
