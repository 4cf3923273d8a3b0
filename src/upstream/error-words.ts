/** Reads what a server says in the body of an error, whatever shape it has: OpenAI's, FastAPI's, Google's, a text, a page. */
import { isJsonObject, parseJson } from '../core/json-object.js';

export interface ErrorWords {
  /** '' where it says nothing. */
  readonly message: string;
  /** The server's own name for what is wrong: `context_length_exceeded`. */
  readonly code: string | undefined;
  /** The kind of error: `invalid_request_error`. */
  readonly type: string | undefined;
  /** The field at fault, where the server names one: `reasoning_effort`. */
  readonly param: string | undefined;
  /** All fields that it names apart from its text, each as a path: `body.top_k`. */
  readonly places: readonly string[];
  /** A status within the body, which streams and gateways have. */
  readonly status: number | undefined;
  /** A time to wait that stands in the body, in seconds. */
  readonly retrySeconds: number | undefined;
}

/** Where texts stand, the most telling first. */
const TEXT_KEYS = [
  ...['message', 'msg', 'detail', 'details', 'error', 'errors', 'error_message', 'errorMessage'],
  ...['error_description', 'description', 'title', 'reason', 'faultstring', 'fault'],
];
const MAX_DEPTH = 6;
const MAX_TEXTS = 8;

export function readErrorWords(body: string): ErrorWords {
  const json = parse(body);
  return json === undefined ? { ...NOTHING, message: toPlainText(body) } : readErrorValue(json);
}

/** The same of a JSON value, as it comes within a stream. */
export function readErrorValue(json: unknown): ErrorWords {
  const objects = objectsOf(json);
  const first = <Value>(pick: (object: Readonly<Record<string, unknown>>) => Value | undefined) => {
    for (const object of objects) {
      const value = pick(object);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const raw = first(({ metadata }) => (isJsonObject(metadata) ? textOf(metadata['raw']) : undefined));
  // OpenRouter has what the model's provider says beside its own words, which say nothing.
  const inner = raw === undefined ? undefined : readErrorWords(raw);
  const own = [...new Set(textsOf(json, 0))].slice(0, MAX_TEXTS).join('; ');
  return {
    message: inner?.message ? joinTexts(own, inner.message) : own,
    code: first(({ code, error_code: named }) => wordOf(code) ?? wordOf(named)) ?? inner?.code,
    type: first(({ type, status }) => wordOf(type === 'error' ? undefined : type) ?? wordOf(status)),
    param:
      first(({ param }) => (typeof param === 'string' && param !== '' ? param : undefined)) ?? inner?.param,
    places: objects.flatMap(({ loc, param, field }) => [
      ...placeOf(loc),
      ...placeOf(param),
      ...placeOf(field),
    ]),
    status: first(({ code, status, status_code: other, statusCode }) =>
      [code, status, other, statusCode].map(statusOf).find((one) => one !== undefined),
    ),
    retrySeconds: first(({ retryDelay, retry_after: after, retryAfter, retry_after_seconds: seconds }) =>
      [retryDelay, after, retryAfter, seconds].map(secondsOf).find((one) => one !== undefined),
    ),
  };
}

const NOTHING: ErrorWords = {
  message: '',
  code: undefined,
  type: undefined,
  param: undefined,
  places: [],
  status: undefined,
  retrySeconds: undefined,
};

function parse(text: string): unknown {
  const trimmed = text.trim();
  // A page that is sent as an event stream begins like one.
  const json = trimmed.startsWith('data:') ? trimmed.slice('data:'.length) : trimmed;
  return parseJson(json);
}

/** All objects of a value, the outer ones after those that they hold under `error`: the inner one knows more. */
function objectsOf(value: unknown, depth = 0): readonly Readonly<Record<string, unknown>>[] {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.slice(0, MAX_TEXTS).flatMap((item) => objectsOf(item, depth + 1));
  if (!isJsonObject(value)) return [];
  const { error, ...others } = value;
  const rest = Object.values(others).filter((child) => typeof child === 'object');
  return [...objectsOf(error, depth + 1), value, ...rest.flatMap((child) => objectsOf(child, depth + 1))];
}

function textsOf(value: unknown, depth: number): readonly string[] {
  if (depth > MAX_DEPTH) return [];
  if (typeof value === 'string') {
    const json = /^\s*[[{]/.test(value) ? parse(value) : undefined;
    const texts = json === undefined ? [] : textsOf(json, depth + 1);
    if (texts.length > 0) return texts;
    // Gateways put the page of a proxy behind them into their own words.
    const text = /^\s*</.test(value) ? toPlainText(value) : value.trim();
    return text === '' ? [] : [text];
  }
  if (Array.isArray(value)) return value.slice(0, MAX_TEXTS).flatMap((item) => textsOf(item, depth + 1));
  if (!isJsonObject(value)) return [];
  // Google's `details` are for programs.
  const key = TEXT_KEYS.find((name) => textsOf(value[name], depth + 1).length > 0);
  if (key === undefined) return [];
  const texts = textsOf(value[key], depth + 1);
  const place = Array.isArray(value['loc']) ? value['loc'].join('.') : '';
  return place === '' ? texts : texts.map((text) => `${place}: ${text}`);
}

function joinTexts(own: string, inner: string): string {
  return own === '' || inner.includes(own) ? inner : own.includes(inner) ? own : `${own}: ${inner}`;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return isJsonObject(value) ? JSON.stringify(value) : undefined;
}

/** A name, and no number in a text. */
function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && /[a-z]/i.test(value) && value.length <= 100 ? value : undefined;
}

function placeOf(value: unknown): readonly string[] {
  if (typeof value === 'string' && value !== '') return [value];
  return Array.isArray(value) && value.length > 0 ? [value.join('.')] : [];
}

function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : undefined;
}

/** `34s`, `"34"` or 34. */
function secondsOf(value: unknown): number | undefined {
  const found = typeof value === 'number' ? value : Number(/^([\d.]+)s?$/.exec(String(value))?.[1]);
  return Number.isFinite(found) && found >= 0 ? found : undefined;
}

/** What a page says to people, or the text itself. */
function toPlainText(body: string): string {
  if (!/<[a-z!/][^>]*>/i.test(body)) return body.trim();
  return body
    .replace(
      /<(script|style|head)\b[\s\S]*?<\/\1>/gi,
      (element) => /<title[^>]*>([\s\S]*?)<\/title>/i.exec(element)?.[1] ?? ' ',
    )
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(?:nbsp|#160);/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#0?39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();
}
