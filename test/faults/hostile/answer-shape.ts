/** What every answer of a surface looks like, whatever it was asked. */
import type { Answer } from './send.js';

const END_EVENTS = /^(message_stop|error|response\.(completed|failed|incomplete))$/;

type Owner = 'ollama' | 'openai' | 'anthropic';

const BARE_OPENAI = /^\/(v1|chat|completions|embeddings|models)(\/|$)/;

export function ownerOf(path: string): Owner {
  if (/^\/v1\/messages(\/|$)/.test(path)) return 'anthropic';
  return BARE_OPENAI.test(path) ? 'openai' : 'ollama';
}

/** What is wrong with an answer; undefined if nothing is. */
export function flawOf(path: string, { status, contentType, text }: Answer): string | undefined {
  if (status >= 400) return flawOfError(path, status, contentType, text);
  if (status >= 300 || text === '') return undefined;
  if (contentType.startsWith('text/event-stream')) return flawOfEvents(text);
  if (contentType.startsWith('application/x-ndjson')) return flawOfLines(text);
  if (contentType.startsWith('application/json')) return isJson(text) ? undefined : 'no JSON';
  return contentType.startsWith('text/plain') ? undefined : `the content type ${contentType}`;
}

/** Ollama's router words unknown paths, wrong methods and unknown query in plain text. */
function flawOfError(path: string, status: number, contentType: string, text: string): string | undefined {
  if (contentType.startsWith('text/plain')) {
    return ownerOf(path) === 'ollama' && (status === 404 || status === 405)
      ? undefined
      : 'an error in plain text';
  }
  const error: unknown = parse(text)?.['error'];
  switch (ownerOf(path)) {
    case 'ollama':
      return typeof error === 'string' && error !== '' ? undefined : 'no error text of Ollama';
    case 'openai': {
      const { message, type, param, code }: Record<string, unknown> = Object(error);
      const isWhole = typeof message === 'string' && message !== '' && typeof type === 'string';
      return isWhole && isTextOrNull(param) && isTextOrNull(code) ? undefined : 'no error object of OpenAI';
    }
    case 'anthropic': {
      const { message, type }: Record<string, unknown> = Object(error);
      const isError = parse(text)?.['type'] === 'error';
      return isError && typeof message === 'string' && typeof type === 'string'
        ? undefined
        : 'no error object of Anthropic';
    }
    default:
      return ownerOf(path);
  }
}

function flawOfLines(text: string): string | undefined {
  const lines = text.split('\n');
  if (lines.pop() !== '') return 'a line without an end';
  if (!lines.every(isJson)) return 'a line that is no JSON';
  const ends = lines.map(parse).map((line) => {
    return line?.['done'] === true || line?.['error'] !== undefined || line?.['status'] === 'success';
  });
  return flawOfEnds(ends);
}

/** A stream has one end, and nothing behind it. */
function flawOfEnds(ends: readonly boolean[]): string | undefined {
  const count = ends.filter(Boolean).length;
  if (count !== 1) return `a stream with ${count} ends`;
  return ends.at(-1) === true ? undefined : 'something behind the end of a stream';
}

/** The frames up to the last one are JSON, which ends the stream in the words of its surface. */
function flawOfEvents(text: string): string | undefined {
  const frames = text.split('\n\n');
  if (frames.pop() !== '') return 'an event without an end';
  const data = frames.flatMap((frame) => {
    const lines = frame.split('\n').filter((line) => !line.startsWith(':'));
    if (lines.length === 0) return [];
    return [
      lines
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice(6))
        .join('\n'),
    ];
  });
  const isDone = data.at(-1) === '[DONE]';
  const events = isDone ? data.slice(0, -1) : data;
  if (!events.every(isJson)) return 'an event that is no JSON';
  const ends = events.map(parse).map((event) => {
    return event?.['error'] != null || END_EVENTS.test(String(event?.['type']));
  });
  // OpenAI's streams have one more line behind their last event, but for a failure.
  return isDone && !ends.includes(true) ? undefined : flawOfEnds(ends);
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return Object(JSON.parse(text));
  } catch {
    return undefined;
  }
}
