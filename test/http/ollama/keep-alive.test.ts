import { describe, expect, it } from 'vitest';
import { asksToUnload } from '../../../src/http/ollama/keep-alive.js';

describe('asksToUnload', () => {
  it.each([0, -0, '0', '0s', '0h0m', '-0s', '0.0ms'])('unloads at %j', (keepAlive) => {
    expect(asksToUnload(keepAlive)).toBe(true);
  });

  it.each([undefined, null, 1, 0.5, -1, '5m', '1h30m', '1.5h', '.5s', '-1m', '300ms', '10µs'])(
    'keeps the model at %j',
    (keepAlive) => {
      expect(asksToUnload(keepAlive)).toBe(false);
    },
  );

  it.each([
    ['10', 'time: missing unit in duration "10"'],
    ['-1', 'time: missing unit in duration "-1"'],
    ['1h5', 'time: missing unit in duration "1h5"'],
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['soon', 'time: invalid duration "soon"'],
    ['5 m', 'time: unknown unit " m" in duration "5 m"'],
    ['1h5d', 'time: unknown unit "d" in duration "1h5d"'],
    [true, "Unsupported type: 'bool'"],
    [[], "Unsupported type: '[]interface {}'"],
    [{}, "Unsupported type: 'map[string]interface {}'"],
  ])('refuses %j', (keepAlive, message) => {
    expect(() => asksToUnload(keepAlive)).toThrow(message);
  });
});
