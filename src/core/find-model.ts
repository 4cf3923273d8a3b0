/** Finds the model that a client means by a name: the one rule for all surfaces (hives/CONFIGURATION.md, "Names of models"). */
import { isUnserved, type Model, type Respelling } from './model.js';

/** The families of Claude: each is a short name for its newest model. */
export const FAMILIES = ['sonnet', 'haiku', 'opus'] as const;
export type Family = (typeof FAMILIES)[number];

export interface FindOptions {
  /** For a name that is not found as it is. */
  readonly respell?: Respelling | undefined;
  /** Answers to names that mean nothing otherwise. */
  readonly defaultModel?: string | undefined;
}

/** What a name says of the model. */
interface ParsedName {
  /** In lower case, without `:latest`. */
  readonly plain: string;
  /** The same for all spellings of a model, whatever their date. */
  readonly key: string;
  /** Eight digits. */
  readonly date: string | undefined;
  readonly claude: ClaudeName | undefined;
}

/** A name as Anthropic gives it: `claude-sonnet-4-6`, `claude-3-5-haiku`. */
interface ClaudeName {
  readonly family: Family;
  /** Without zeros at its end: `4-0` is 4. */
  readonly version: readonly number[];
  /** Words that say neither: `thinking`. */
  readonly rest: readonly string[];
}

/** Longer names are found only as they are. */
const MAX_NAME_CHARACTERS = 256;
const DEFAULT_TAG = ':latest';
const DATE = /-(\d{8})(?=[-:]|$)/;
const CLAUDE_NAME = /^claude(?:-[a-z0-9]+)+$/;
const VERSION_PART = /^\d{1,3}$/;

/**
 * Finds, in this order:
 * 1. the model that is called exactly so;
 * 2. one that is called so in another spelling: case, `:latest` or not, dots for dashes, with or without a date, words of a Claude
 *    name in another order. Any other tag belongs to the name. Failing that, the name as `respell` writes it;
 * 3. for a name of one of Claude's families, the newest model of that family that is served;
 * 4. the default model, if there is one;
 * 5. for a name of one of Claude's families, its newest model that is known, though no worker serves it.
 *
 * Where there is no roster, 3 to 5 find nothing: humd decides. Undefined for a name that means nothing.
 */
export function findModel(
  models: readonly Model[],
  asked: string,
  { respell, defaultModel }: FindOptions = {},
): Model | undefined {
  const exact = models.find(({ id }) => id === asked);
  if (exact !== undefined) return exact;
  const names = asked.length > MAX_NAME_CHARACTERS ? [] : spellingsOf(asked, respell).map(parseName);
  return (
    firstFound(names, (name) => findSame(models, name)) ??
    firstFound(names, ({ claude }) => claude && newest(models.filter(isLive), claude.family)) ??
    (defaultModel === undefined ? undefined : knownService(findModel(models, defaultModel))) ??
    firstFound(names, ({ claude }) => claude && newest(models.filter(knownService), claude.family))
  );
}

/** The model of these that `name` is another spelling of; one that is served first, then the closest spelling. */
export function findSpelling(models: readonly Model[], name: string): Model | undefined {
  return name.length > MAX_NAME_CHARACTERS ? undefined : findSame(models, parseName(name));
}

/**
 * The model of these that a short name stands for: the highest version of Claude's family; where there is none, the first whose name
 * has the word in it.
 */
export function findNewest(models: readonly Model[], family: Family): Model | undefined {
  const word = new RegExp(`(?<![a-z0-9])${family}(?![a-z0-9])`, 'i');
  return newest(models, family) ?? models.find(({ target }) => word.test(target));
}

function spellingsOf(asked: string, respell: Respelling | undefined): readonly string[] {
  const other = respell?.(asked);
  return other === undefined || other === asked ? [asked] : [asked, other];
}

function firstFound(
  names: readonly ParsedName[],
  find: (name: ParsedName) => Model | undefined,
): Model | undefined {
  for (const name of names) {
    const found = find(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isLive({ service }: Model): boolean {
  return service === 'live';
}

function knownService(model: Model | undefined): Model | undefined {
  return model?.service === undefined ? undefined : model;
}

function findSame(models: readonly Model[], asked: ParsedName): Model | undefined {
  const same = models
    .filter((model) => isSame(nameOf(model), asked))
    .map((model) => ({ model, name: nameOf(model) }));
  const distance = ({ model, name }: (typeof same)[number]): readonly number[] => [
    isUnserved(model) ? 1 : 0,
    name.plain === asked.plain ? 0 : 1,
    name.date === asked.date ? 0 : 1,
    name.date === undefined ? 0 : 1,
    -Number(name.date ?? 0),
  ];
  return same.sort((one, other) => compare(distance(one), distance(other)))[0]?.model;
}

function isSame(one: ParsedName, other: ParsedName): boolean {
  if (one.key === '' || one.key !== other.key) return false;
  return one.date === other.date || one.date === undefined || other.date === undefined;
}

function newest(models: readonly Model[], family: Family): Model | undefined {
  const candidates = models.flatMap((model) => {
    const { claude, date } = parseName(model.target);
    return claude?.family === family ? [{ model, claude, date }] : [];
  });
  candidates.sort(
    (one, other) =>
      compare(other.claude.version, one.claude.version) ||
      one.claude.rest.length - other.claude.rest.length ||
      Number(one.date !== undefined) - Number(other.date !== undefined) ||
      Number(other.date ?? 0) - Number(one.date ?? 0),
  );
  return candidates[0]?.model;
}

/** Below 0 if `one` is less: number by number, an absent one is 0. */
function compare(one: readonly number[], other: readonly number[]): number {
  const length = Math.max(one.length, other.length);
  for (let index = 0; index < length; index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const parsedNames = new WeakMap<Model, ParsedName>();

/** That of its id; read once for each model. */
function nameOf(model: Model): ParsedName {
  const known = parsedNames.get(model);
  if (known !== undefined) return known;
  const name = parseName(model.id);
  parsedNames.set(model, name);
  return name;
}

function parseName(id: string): ParsedName {
  const lower = id.toLowerCase();
  const plain = lower.endsWith(DEFAULT_TAG) ? lower.slice(0, -DEFAULT_TAG.length) : lower;
  const dashed = plain.replaceAll('.', '-');
  const date = DATE.exec(dashed)?.[1];
  const undated = dashed.replace(DATE, '');
  const claude = parseClaudeName(undated);
  const key =
    claude === undefined
      ? undated
      : `claude ${claude.family} ${claude.version.join('.')} ${claude.rest.join(' ')}`;
  return { plain, key, date, claude };
}

/** @param name in lower case, with dashes, without date and tag */
function parseClaudeName(name: string): ClaudeName | undefined {
  if (!CLAUDE_NAME.test(name)) return undefined;
  const words = name.split('-').slice(1);
  const families = FAMILIES.filter((family) => words.includes(family));
  const [family] = families;
  if (family === undefined || families.length > 1) return undefined;
  const first = words.findIndex((word) => VERSION_PART.test(word));
  const from = first < 0 ? words.length : first;
  const after = words.findIndex((word, index) => index > from && !VERSION_PART.test(word));
  const to = after < 0 ? words.length : after;
  const version = words.slice(from, to);
  const others = [...words.slice(0, from), ...words.slice(to)];
  const rest = others.filter((word) => word !== family && word !== 'latest');
  return { family, version: withoutLastZeros(version.map(Number)), rest };
}

function withoutLastZeros(version: readonly number[]): readonly number[] {
  return version.slice(0, version.findLastIndex((part) => part !== 0) + 1);
}
