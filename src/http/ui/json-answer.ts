/** A whole answer in JSON that nobody keeps: it is out of date a moment later. */
import type { WireAnswer } from '../surface.js';

export function jsonAnswer(value: unknown, status = 200): WireAnswer {
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    body: `${JSON.stringify(value)}\n`,
    headers: { 'cache-control': 'no-store' },
  };
}
