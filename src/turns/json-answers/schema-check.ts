/** Compiles JSON Schemas and holds answers against them. Runs in a thread: a client writes the schema, and its cost has no bound. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import { Fault } from '../../core/fault.js';
import { parseJson } from '../../core/json-object.js';

export interface SchemaQuestion {
  /** The JSON text of the schema. */
  readonly schema: string;
  /** The answer; undefined where only the schema is in question. */
  readonly json?: string | undefined;
  /** True: a pattern that cannot be matched in linear time is not looked at. Else a schema that has one is refused. */
  readonly skipsPatterns?: boolean;
}

export interface Verdict {
  /** What is wrong with the answer, without a word of it; undefined if nothing is. */
  readonly complaint: string | undefined;
}

/** Agents send the same few again and again. */
const MAX_KEPT_SCHEMAS = 128;
const MAX_COMPLAINT_CHARACTERS = 500;

/** What ajv asks of an engine. */
interface Pattern {
  test(text: string): boolean;
}

/**
 * The engine for `pattern` and `patternProperties`, in the place of JavaScript's own, which takes exponential time for
 * `(a+)+$`. Throws for what cannot be matched in linear time: look-around, back-references, counts beyond 1,000.
 */
function compileLinearPattern(source: string): Pattern {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown';
    throw new Error(
      `a 'pattern' cannot be used here, where look-around and back-references are not: ${reason}`,
      {
        cause,
      },
    );
  }
}

/** The same, without those that cannot be matched so: anything fits them. */
function compileKnownPattern(source: string): Pattern {
  try {
    return compileLinearPattern(source);
  } catch {
    return { test: () => true };
  }
}

/** ajv's name for them in code that it writes to a file; needed by its type, and not used here. */
compileLinearPattern.code = 'compileLinearPattern';
compileKnownPattern.code = 'compileKnownPattern';

const OPTIONS = {
  strict: false,
  validateFormats: false,
  logger: false,
  // `__proto__` and `constructor` are keys like any other.
  ownProperties: true,
  code: { regExp: compileLinearPattern, optimize: false },
} as const;

/** Says what is wrong with schemas. Its own schemas take long to compile, and it keeps nothing of what it is shown. */
const meta = new Ajv2020(OPTIONS);
// Before anything is asked: the deadline is for what clients write.
void meta.validateSchema({});
const compiled = new LRUCache<string, ValidateFunction>({ max: MAX_KEPT_SCHEMAS });

/**
 * Throws `bad-request` for what is no JSON Schema; `$schema` is not looked at: all drafts since 6 are read as 2020-12.
 * References to other documents are such a mistake: nothing is fetched.
 */
export function judge({ schema, json, skipsPatterns = false }: SchemaQuestion): Verdict {
  const validate = compile(schema, skipsPatterns);
  return { complaint: json === undefined ? undefined : complaintAbout(json, validate) };
}

function compile(text: string, skipsPatterns: boolean): ValidateFunction {
  const key = `${skipsPatterns} ${text}`;
  const kept = compiled.get(key);
  if (kept) return kept;
  // An asynchronous schema is a thing of ajv's own; its answer is a promise.
  const { $schema: _, $async: __, ...schema } = JSON.parse(text);
  try {
    if (meta.validateSchema(schema) !== true)
      throw new Error(meta.errorsText(meta.errors, { dataVar: 'schema' }));
    // A compiler for each: what one client calls `$id` is nothing to another.
    const regExp = skipsPatterns ? compileKnownPattern : compileLinearPattern;
    const options = { ...OPTIONS, code: { ...OPTIONS.code, regExp }, meta: false, validateSchema: false };
    const validate = new Ajv2020(options).compile(schema);
    compiled.set(key, validate);
    return validate;
  } catch (cause) {
    throw new Fault('bad-request', `the format is not a valid JSON Schema: ${short(reasonOf(cause))}`, {
      param: 'format',
      cause,
    });
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof RangeError) return 'it is too large or nests too deep';
  return cause instanceof Error ? cause.message : 'unknown';
}

function complaintAbout(json: string, validate: ValidateFunction): string | undefined {
  const value = parseJson(json);
  if (value === undefined) return 'it is not valid JSON';
  try {
    if (validate(value)) return undefined;
  } catch (error) {
    // A schema that refers to itself may never come to an end.
    if (error instanceof RangeError) return 'it nests too deep to be checked';
    throw error;
  }
  return short(meta.errorsText(validate.errors, { dataVar: 'the value' }));
}

/** Names of properties, which stand in ajv's words, have no bound. */
function short(text: string): string {
  if (text.length <= MAX_COMPLAINT_CHARACTERS) return text;
  return `${text.slice(0, MAX_COMPLAINT_CHARACTERS).toWellFormed()}…`;
}
