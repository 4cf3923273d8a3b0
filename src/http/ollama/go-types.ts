/** Go's types as zod schemas that fail with the texts of Go's JSON decoder. In each of them `null` means "unset". */
import { z } from 'zod';

/** The part of zod's issue that a text is made of. */
interface Mismatch {
  readonly input?: unknown;
  readonly path?: readonly PropertyKey[] | undefined;
}

/** The schemas of one request; `root` is its Go name, which every text starts with: `ChatRequest`. */
export function goTypes(root: string) {
  const not = (goType: string) => (issue: Mismatch) => cannotUnmarshal(root, issue, goType);
  return {
    string: (goType = 'string') => z.string({ error: not(goType) }).nullish(),
    bool: () => z.boolean({ error: not('bool') }).nullish(),
    int: () =>
      z
        .number({ error: not('int') })
        .refine(Number.isInteger, { error: not('int') })
        .meta({ type: 'integer' })
        .nullish(),
    /** An object with any keys. */
    map: (goType = 'map[string]interface {}') =>
      z.record(z.string(), z.unknown(), { error: not(goType) }).nullish(),
    list: <Item extends z.ZodType>(goType: string, item: Item) =>
      z.array(item, { error: not(goType) }).nullish(),
    struct: <Shape extends z.ZodRawShape>(goType: string, shape: Shape) =>
      z.preprocess(spellAs(Object.keys(shape)), z.object(shape, { error: not(goType) })).nullish(),
    /** The body itself: never null. */
    body: <Shape extends z.ZodRawShape>(shape: Shape) =>
      z.preprocess(spellAs(Object.keys(shape)), z.object(shape, { error: not(`api.${root}`) })),
  };
}

/** Array indexes are no part of Go's path (src/http/ollama/README.md, "Bodies"). */
function cannotUnmarshal(root: string, { input, path = [] }: Mismatch, goType: string): string {
  const fields = path.filter((key) => typeof key === 'string');
  const place = fields.length === 0 ? 'Go value' : `Go struct field ${[root, ...fields].join('.')}`;
  return `json: cannot unmarshal ${kindOf(input, goType)} into ${place} of type ${goType}`;
}

function kindOf(input: unknown, goType: string): string {
  if (Array.isArray(input)) return 'array';
  if (typeof input === 'boolean') return 'bool';
  if (typeof input === 'number' && goType === 'int') return `number ${input}`;
  return typeof input;
}

/** Go matches keys in any case: renames those of an object that are fields but for their case. An exact key wins. */
function spellAs(fields: readonly string[]): (value: unknown) => unknown {
  const known = new Set(fields);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    // Nearly every body.
    if (Object.keys(value).every((key) => known.has(key))) return value;
    const misspelt = Object.entries(value).filter(([key]) => !known.has(key) && known.has(key.toLowerCase()));
    if (misspelt.length === 0) return value;
    return { ...Object.fromEntries(misspelt.map(([key, child]) => [key.toLowerCase(), child])), ...value };
  };
}
