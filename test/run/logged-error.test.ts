import { describe, expect, it } from 'vitest';
import { toLoggedError } from '../../src/run/log.js';

/** What a client sent, which no log may show. */
const MARK = 'the-prompt-of-a-client';

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('an error in the log', () => {
  it('shows its type, message, code and where it was thrown', () => {
    const error = Object.assign(new TypeError('x is not a function'), { code: 'E_X' });
    expect(toLoggedError(error)).toMatchObject({
      type: 'TypeError',
      message: 'x is not a function',
      code: 'E_X',
    });
    expect(toLoggedError(error).stack[0]).toContain('logged-error.test.ts');
  });

  it.each<[string, () => unknown]>([
    ['JSON.parse', () => JSON.parse(`{"a":${MARK}}`)],
    ['new URL', () => new URL(MARK)],
    ['a regular expression', () => new RegExp(`(${MARK}`)],
    [
      'a thrown text',
      () => {
        throw MARK;
      },
    ],
    [
      'a field',
      () => {
        throw Object.assign(new Error('failed'), { body: MARK, options: { headers: [MARK] } });
      },
    ],
    [
      'a cause',
      () => {
        throw new Error('failed', { cause: thrownBy(() => JSON.parse(MARK)) });
      },
    ],
  ])('shows nothing of what %s was given', (_, run) => {
    const logged = toLoggedError(thrownBy(run));
    expect(JSON.stringify(logged)).not.toContain('prompt-of');
    expect(logged.type).not.toBe('');
  });

  it('shows its causes, but not without end', () => {
    const error = new Error('a');
    error.cause = error;
    expect(JSON.stringify(toLoggedError(error)).match(/"message":"a"/g)).toHaveLength(4);
  });
});
