/**
 * Reads a request body by the rules of Go's JSON decoder, which is what Ollama's clients were written against: its syntax, and Go's types
 * as zod schemas that fail with the decoder's texts.
 */
import { z } from 'zod';
import { Fault } from '../../core/fault.js';
import { holdsTooManyValues, MAX_NESTING, MAX_VALUES, nestsDeeperThan } from '../body/parse-json-object.js';

/**
 * The first JSON value of `text`; what follows it is ignored, and `null` is an empty object
 * (src/http/ollama/README.md, "Bodies"). Throws `bad-request` with Go's text for a body that is empty, cut off, not JSON or
 * nested too deep, and for one with more than `MAX_VALUES`.
 */
export function decodeGoJson(text: string): unknown {
  if (holdsTooManyValues(text))
    throw new Fault('bad-request', `the body holds more than ${MAX_VALUES} values`);
  const value = parseFirst(text) ?? {};
  if (nestsDeeperThan(value)) throw exceededMaxDepth();
  return value;
}

/** The grammar is followed only where JSON.parse fails: on trailing bytes, or to find the words for what is wrong. */
function parseFirst(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (skipSpaces(text, 0) === text.length) throw new Fault('bad-request', 'missing request body');
    return JSON.parse(text.slice(0, endOfFirstValue(text)));
  }
}

/** What may come next. */
type Expected = 'value' | 'first-element' | 'key' | 'first-key' | 'colon' | 'separator';

/**
 * The index behind the first value of `text`. Throws with the text of Go's scanner if the value is broken, cut off or nested
 * too deep. One pass with a stack of its own: hostile depth costs nothing.
 */
function endOfFirstValue(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  for (let at = skipSpaces(text, 0); ; at = skipSpaces(text, at)) {
    const character = text[at];
    if (character === undefined) throw unexpectedEnd();
    if (isClosing(character, expected, open.at(-1))) {
      open.pop();
      at++;
    } else if (expected === 'separator') {
      const isObject = open.at(-1) === '{';
      if (character !== ',')
        throw invalidCharacter(text, at, isObject ? 'after object key:value pair' : 'after array element');
      expected = isObject ? 'key' : 'value';
      at++;
      continue;
    } else if (expected === 'colon') {
      if (character !== ':') throw invalidCharacter(text, at, 'after object key');
      expected = 'value';
      at++;
      continue;
    } else if (expected === 'key' || expected === 'first-key') {
      if (character !== '"') throw invalidCharacter(text, at, 'looking for beginning of object key string');
      expected = 'colon';
      at = endOfString(text, at);
      continue;
    } else if (character === '{' || character === '[') {
      if (open.push(character) > MAX_NESTING) throw exceededMaxDepth();
      expected = character === '{' ? 'first-key' : 'first-element';
      at++;
      continue;
    } else at = endOfScalar(text, at, character);
    if (open.length === 0) return at;
    expected = 'separator';
  }
}

function isClosing(character: string, expected: Expected, open: '{' | '[' | undefined): boolean {
  if (character === ']') return expected === 'first-element' || (expected === 'separator' && open === '[');
  return character === '}' && (expected === 'first-key' || (expected === 'separator' && open === '{'));
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['t', 'true'],
  ['f', 'false'],
  ['n', 'null'],
]);

function endOfScalar(text: string, start: number, first: string): number {
  if (first === '"') return endOfString(text, start);
  if (first === '-' || isDigit(first)) return endOfNumber(text, start);
  const word = WORDS.get(first);
  if (word === undefined) throw invalidCharacter(text, start, 'looking for beginning of value');
  for (let offset = 1; offset < word.length; offset++) {
    if (text[start + offset] === word[offset]) continue;
    throw invalidCharacter(text, start + offset, `in literal ${word} (expecting '${word[offset]}')`);
  }
  return start + word.length;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') return at + 1;
    if (character < ' ') throw invalidCharacter(text, at, 'in string literal');
    if (character !== '\\') continue;
    const escaped = text[++at];
    if (escaped === undefined || !'"\\/bfnrtu'.includes(escaped))
      throw invalidCharacter(text, at, 'in string escape code');
    for (const end = escaped === 'u' ? at + 4 : at; at < end; ) {
      if (!/^[\da-f]/i.test(text.charAt(++at)))
        throw invalidCharacter(text, at, 'in \\u hexadecimal character escape');
    }
  }
  throw unexpectedEnd();
}

function endOfNumber(text: string, start: number): number {
  let at = text[start] === '-' ? start + 1 : start;
  at = text[at] === '0' ? at + 1 : endOfDigits(text, at, 'in numeric literal');
  if (text[at] === '.') at = endOfDigits(text, at + 1, 'after decimal point in numeric literal');
  if (text[at] === 'e' || text[at] === 'E') {
    const isSigned = text[at + 1] === '+' || text[at + 1] === '-';
    at = endOfDigits(text, at + (isSigned ? 2 : 1), 'in exponent of numeric literal');
  }
  return at;
}

/** At least one digit. */
function endOfDigits(text: string, start: number, context: string): number {
  let at = start;
  while (isDigit(text.charAt(at))) at++;
  if (at === start) throw invalidCharacter(text, at, context);
  return at;
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

function skipSpaces(text: string, start: number): number {
  let at = start;
  while (' \t\r\n'.includes(text[at] ?? 'end')) at++;
  return at;
}

function unexpectedEnd(): Fault {
  return new Fault('bad-request', 'unexpected EOF');
}

function exceededMaxDepth(): Fault {
  return new Fault('bad-request', 'exceeded max depth');
}

/** The character at `index` may not stand there, or the text ends there; `context` says where: `after array element`. */
function invalidCharacter(text: string, index: number, context: string): Fault {
  if (index >= text.length) return unexpectedEnd();
  return new Fault('bad-request', `invalid character ${quoteCharacter(text, index)} ${context}`);
}

/** What Go writes otherwise than as it is. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["'", "\\'"],
  ['\\', '\\\\'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
]);

/** As Go's `quoteChar`, which sees bytes: of a character outside ASCII it shows the first, read as Latin-1. */
function quoteCharacter(text: string, index: number): string {
  const [byte = 0] = Buffer.from(String.fromCodePoint(text.codePointAt(index) ?? 0));
  const character = String.fromCharCode(byte);
  const isControl = byte < 0x20 || byte === 0x7f;
  return `'${ESCAPES.get(character) ?? (isControl ? `\\x${byte.toString(16).padStart(2, '0')}` : character)}'`;
}

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
