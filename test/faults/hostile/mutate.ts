/** Makes a hostile request of a good one, by chance. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Dice } from './dice.js';
import { type JsonTree, toTree, write } from './json-tree.js';
import { DEPTHS, GARBAGE, HEADERS, NASTY_KEYS, NASTY_VALUES } from './nasty.js';

export interface HostileRequest {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const MAX_CHANGES = 3;

export function mutate(body: unknown, dice: Dice): HostileRequest {
  const tree = toTree(body);
  const changes = 1 + dice.below(MAX_CHANGES);
  const headers: Record<string, string> = {};
  let spoil = (text: string) => text;
  let pack = (bytes: Buffer) => bytes;
  for (let change = 0; change < changes; change++) {
    const kind = dice.below(20);
    if (kind < 16) changeTree(tree, dice);
    else if (kind === 16) spoil = (text) => text.slice(0, dice.below(text.length + 1));
    else if (kind === 17) spoil = (text) => splice(text, dice.pick(GARBAGE), dice);
    else if (kind === 18) {
      const [name, value] = dice.pick(HEADERS);
      headers[name] = value;
    } else if (dice.below(2) === 0) {
      headers['content-encoding'] = 'gzip';
      pack = (bytes) => cut(gzipSync(bytes), dice);
    } else {
      headers['content-encoding'] = 'br';
      pack = (bytes) => cut(brotliCompressSync(bytes), dice);
    }
  }
  return { body: pack(Buffer.from(spoil(write(tree)), 'latin1')), headers };
}

/** The same changes to a tone, which goes out as one line. */
export function mutateText(value: unknown, dice: Dice): string {
  const tree = toTree(value);
  for (let change = dice.below(MAX_CHANGES + 1); change > 0; change--) changeTree(tree, dice);
  return write(tree);
}

/** In front of it, behind it or somewhere in it. */
function splice(text: string, garbage: string, dice: Dice): string {
  const at = dice.pick([0, text.length, dice.below(text.length + 1)]);
  return text.slice(0, at) + garbage + text.slice(at);
}

/** Half of them arrive whole. */
function cut(bytes: Buffer, dice: Dice): Buffer {
  return dice.below(2) === 0 ? bytes : bytes.subarray(0, dice.below(bytes.length));
}

/** A place in a tree: which child of which container. */
interface Place {
  readonly parent: Extract<JsonTree, { kind: 'object' | 'list' }>;
  readonly index: number;
}

function changeTree(root: JsonTree, dice: Dice): void {
  const places = [...placesIn(root)];
  if (places.length === 0) return;
  const place = dice.pick(places);
  const { parent, index } = place;
  const value = valueAt(place);
  switch (dice.below(9)) {
    case 0:
    case 1:
    case 2:
      put(place, { kind: 'text', text: dice.pick(NASTY_VALUES) });
      break;
    case 3:
      if (parent.kind === 'object') parent.entries.splice(index, 1);
      else parent.items.splice(index, 1);
      break;
    case 4:
      put(place, { kind: 'text', text: nest(write(value), dice.pick(DEPTHS), dice) });
      break;
    case 5:
      if (parent.kind === 'object') parent.entries.push([parent.entries[index]?.[0] ?? '""', nasty(dice)]);
      else parent.items.push(...Array.from({ length: dice.pick([1, 2, 500]) }, () => value));
      break;
    case 6:
      if (parent.kind === 'object') parent.entries[index] = [dice.pick(NASTY_KEYS), value];
      else parent.items.splice(index, 0, { kind: 'text', text: '' });
      break;
    case 7:
      if (parent.kind === 'object') parent.entries.unshift([dice.pick(NASTY_KEYS), nasty(dice)]);
      else parent.items.splice(index, 0, nasty(dice));
      break;
    default:
      put(place, valueAt(dice.pick(places)));
  }
}

function nasty(dice: Dice): JsonTree {
  return { kind: 'text', text: dice.pick(NASTY_VALUES) };
}

function nest(text: string, levels: number, dice: Dice): string {
  const [open, close] = dice.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['{"properties":{"a":', '}}'],
  ]);
  return `${open.repeat(levels)}${text}${close.repeat(levels)}`;
}

/** Every place once; a value that was put into several of them is walked once only. */
function* placesIn(tree: JsonTree, seen: Set<JsonTree> = new Set()): Generator<Place> {
  if (tree.kind === 'text' || seen.has(tree)) return;
  seen.add(tree);
  const count = tree.kind === 'object' ? tree.entries.length : tree.items.length;
  for (let index = 0; index < count; index++) {
    const place = { parent: tree, index };
    yield place;
    yield* placesIn(valueAt(place), seen);
  }
}

function valueAt({ parent, index }: Place): JsonTree {
  const value = parent.kind === 'object' ? parent.entries[index]?.[1] : parent.items[index];
  return value ?? { kind: 'text', text: 'null' };
}

/** A copy, so that no tree ever holds itself. */
function put({ parent, index }: Place, value: JsonTree): void {
  const copy = structuredClone(value);
  if (parent.kind === 'list') parent.items[index] = copy;
  else parent.entries[index] = [parent.entries[index]?.[0] ?? '""', copy];
}
