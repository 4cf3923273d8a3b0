/** An answer that is whole: an error, or a body that is not streamed. */
import { jsonText } from './line-text.js';

export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface JsonAnswerOptions {
  /** 200 without it. */
  readonly status?: number;
  /** `application/json` without it. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What follows the JSON: a line end for those who read it in a terminal. Nothing without it. */
  readonly end?: string;
}

export const WireAnswer = {
  /** `value` as JSON in one line. */
  json(value: unknown, options: JsonAnswerOptions = {}): WireAnswer {
    const { status = 200, contentType = 'application/json', headers, end = '' } = options;
    return { status, contentType, body: jsonText(value) + end, ...(headers ? { headers } : {}) };
  },
};
