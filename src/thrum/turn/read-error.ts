/**
 * Says what the words of a worker's `error` mean. Claude Code's CLI words everything for people, so that what went wrong at the
 * model's API, and until when, is read from its text (src/thrum/README.md, "Errors of the CLI").
 */
import { Fault } from '../../core/fault.js';
import { isJsonObject, parseJson } from '../../core/json-object.js';
import { JsonScanner } from '../../core/json-scanner.js';
import { modelNotFound, modelNotServed } from '../../core/model.js';
import type { Tone } from '../link/tone-codec.js';
import { findResetTime } from './reset-time.js';
import { readErrorTone } from './worker-error.js';

export interface ErrorContext {
  /** The model's name as the client wrote it. */
  readonly model: string;
  /** True where a worker served the model when it was looked up: one that humd knows no worker for has just gone. */
  readonly wasServed?: boolean | undefined;
  /** True where Claude Code's CLI answers. Other workers' words mean nothing more than they say. */
  readonly isClaude: boolean;
  /** In ms since the epoch. */
  readonly now: number;
  /** Of the hours in texts that name no zone, as the IANA has it. */
  readonly zone: string;
}

const UNKNOWN_MODEL = /^no worker bee advertises model\b/;

/** The fault that an `error` tone stands for (src/thrum/README.md, "Errors"). Pure. */
export function readError(tone: Tone, context: ErrorContext): Fault {
  const message = typeof tone['message'] === 'string' ? tone['message'] : '';
  if (UNKNOWN_MODEL.test(message))
    return context.wasServed
      ? modelNotServed(context.model, { service: 'none' })
      : modelNotFound(context.model);
  const told = readErrorTone(tone);
  if (told !== undefined) return told;
  switch (tone['code']) {
    case 'budget':
      return new Fault('budget-refused', message || 'the budget for this hive is used up');
    case 402:
    case '402':
      return new Fault('payment-required', message || 'the worker wants to be paid first');
    default:
      break;
  }
  const read = context.isClaude ? readClaudeError(message, context) : undefined;
  return read ?? new Fault('worker-error', message || 'the worker failed without saying why');
}

/** A text is looked at no further: what the CLI says itself stands at its beginning. */
const MAX_CHARACTERS = 4_000;

/** When to come back, in seconds, where no text says it. SDKs wait themselves up to a minute, and give up sooner beyond. */
const LIMIT_SECONDS = 60;
const RATE_SECONDS = 30;
const OVERLOAD_SECONDS = 10;
const NO_ACCESS_SECONDS = 60;
/** A limit that ended while the CLI has not noticed. */
const LEAST_LIMIT_SECONDS = 5;
/** The longest of the limits is a week. */
const MOST_LIMIT_SECONDS = 7 * 86_400;
const SECOND_MS = 1_000;

const LOGGED_OUT = /\bnot logged in\b|\/login\b|\bInvalid API key\b|\bOAuth token\b/i;
const NO_ACCESS = /\borganization has (?:been )?disabled\b|\bdoes not have access to Claude\b/i;
const TOO_LONG =
  /\b(?:prompt|conversation|input) is too long\b|\bcontext limit\b|\bconversation too long\b|\bexceeds? (?:the )?context (?:window|limit)\b/i;
const EXCESS = /(\d+)\s*tokens?\s*>\s*(\d+)/;
const OVERLOADED = /\boverloaded\b|\btemporarily limiting requests\b|\bserver overload\b/i;
const CREDIT = /\bcredit balance is too low\b/i;
const LIMIT =
  /\b(?:hit|reached) your\b[^.\n]{0,60}\blimits?\b|\blimit reached\b|\bout of (?:extra )?usage\b|\bspecified API usage limits\b/i;
const UNKNOWN_TO_API = /\bissue with the selected model\b/i;
const TOO_LARGE = /^request too large\b/i;
/** `API Error: 429 {json}`, `API Error: 500 Internal server error`, `API Error: Request rejected (429)`. */
const API_ERROR = /\bAPI Error:? (?:Request rejected \()?([45]\d\d)\b\)?/;

/** Undefined for words that are not known. */
function readClaudeError(message: string, context: ErrorContext): Fault | undefined {
  const text = message.slice(0, MAX_CHARACTERS);
  const found = API_ERROR.exec(text);
  if (found === null) return readWords(text, context);
  const behind = message.slice(found.index + found[0].length).trim();
  return readStatus(Number(found[1]), wordsOf(behind) || message, text, context);
}

/**
 * An answer of the model's API; undefined where its status says no more than that it failed.
 *
 * @param words its own
 * @param text all that the CLI says
 */
function readStatus(status: number, words: string, text: string, context: ErrorContext): Fault | undefined {
  switch (status) {
    case 400:
      return readRefusal(words, context) ?? new Fault('bad-request', words);
    case 401:
    case 403:
      return noAccess(`the model's API refuses its credentials (${status})`, text);
    case 404:
      return modelNotFound(context.model);
    case 413:
      return new Fault('body-too-large', words);
    case 429:
      return LIMIT.test(text) ? toLimit(text, context) : limited(words, RATE_SECONDS);
    case 503:
    case 529:
      return overloaded(words);
    default:
      return undefined;
  }
}

/** What the API says with a 400 although it is no mistake of the request, or one that has a name of its own. */
function readRefusal(words: string, context: ErrorContext): Fault | undefined {
  if (TOO_LONG.test(words)) return tooLong(words);
  if (CREDIT.test(words)) return new Fault('payment-required', words);
  if (NO_ACCESS.test(words)) return noAccess('its account is disabled', words);
  return LIMIT.test(words) ? toLimit(words, context) : undefined;
}

function readWords(text: string, context: ErrorContext): Fault | undefined {
  if (TOO_LONG.test(text)) return tooLong(text);
  if (OVERLOADED.test(text)) return overloaded(text);
  if (LIMIT.test(text)) return toLimit(text, context);
  if (CREDIT.test(text)) return new Fault('payment-required', text);
  if (UNKNOWN_TO_API.test(text)) return modelNotFound(context.model);
  if (TOO_LARGE.test(text)) return new Fault('body-too-large', text);
  if (NO_ACCESS.test(text)) return noAccess('its account is disabled, or may not use it', text);
  if (LOGGED_OUT.test(text)) return noAccess('Claude Code is not logged in there', text);
  return undefined;
}

function toLimit(text: string, { now, zone }: ErrorContext): Fault {
  const at = findResetTime(text, now, zone);
  if (at === undefined) return limited(text, LIMIT_SECONDS);
  const seconds = Math.ceil((at - now) / SECOND_MS);
  return limited(text, Math.min(Math.max(seconds, LEAST_LIMIT_SECONDS), MOST_LIMIT_SECONDS));
}

function limited(message: string, retryAfterSeconds: number): Fault {
  return new Fault('limit-reached', message, { retryAfterSeconds });
}

function overloaded(message: string): Fault {
  return new Fault('overloaded', message, { retryAfterSeconds: OVERLOAD_SECONDS });
}

/** @param text the CLI's own words, which ask for what no client can do: the cause */
function noAccess(why: string, text: string): Fault {
  const message = `the worker has no access to its model: ${why}. Its operator can run \`claude\` there as the worker's user and type /login, or give the worker a valid ANTHROPIC_API_KEY`;
  return new Fault('no-access', message, { retryAfterSeconds: NO_ACCESS_SECONDS, cause: new Error(text) });
}

function tooLong(words: string): Fault {
  const [, tokens, limit] = EXCESS.exec(words) ?? [];
  if (tokens === undefined || limit === undefined) {
    const message =
      "This model's maximum context length is exceeded. Please reduce the length of the messages.";
    return new Fault('context-too-long', message, { cause: new Error(words) });
  }
  const excess = { tokens: Number(tokens), limit: Number(limit) };
  const message = `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`;
  return new Fault('context-too-long', message, { excess });
}

/** The message in the JSON of an error, which other words may follow; else the text as it is. */
function wordsOf(text: string): string {
  if (!text.startsWith('{')) return text.replace(/^[\s·:]+/, '');
  const json = parseJson(text.slice(0, new JsonScanner().scan(text)));
  const error = isJsonObject(json) ? json['error'] : undefined;
  const message = isJsonObject(error) ? error['message'] : undefined;
  return typeof message === 'string' ? message : '';
}
