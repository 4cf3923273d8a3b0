/**
 * The answers of routes that report progress: lines, or with `stream: false` the last of them
 * (src/http/ollama/README.md, "Progress").
 */
import { jsonText } from '../answer/line-text.js';
import type { WireAnswer } from '../answer/wire-answer.js';

export type ProgressLine =
  | {
      readonly status: string;
      readonly digest?: string;
      readonly total?: number;
      readonly completed?: number;
    }
  | { readonly error: string };

/** An error stands last; it is a line of a stream, whose status is 200 by then, and a 500 without one. */
export function progressAnswer(
  lines: readonly [...ProgressLine[], ProgressLine],
  stream: boolean | null | undefined,
): WireAnswer {
  if (stream ?? true) {
    const body = lines.map((line) => `${jsonText(line)}\n`).join('');
    return { status: 200, contentType: 'application/x-ndjson', body };
  }
  const last = lines[lines.length - 1];
  const hasFailed = last !== undefined && 'error' in last;
  return { status: hasFailed ? 500 : 200, contentType: 'application/json', body: jsonText(last) };
}
