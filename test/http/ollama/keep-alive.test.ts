import { describe, expect, it } from 'vitest';
import { FOREVER_MS, toKeepAliveMs } from '../../../src/http/ollama/keep-alive.js';

describe('toKeepAliveMs', () => {
  it.each([0, -0, '0', '0s', '0h0m', '-0s', '+0s', '0.0ms'])('unloads at %j', (keepAlive) => {
    expect(toKeepAliveMs(keepAlive) === 0).toBe(true);
  });

  it.each([
    [1, 1_000],
    [0.5, 500],
    [1800, 1_800_000],
    ['5m', 300_000],
    ['5m0s', 300_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['+1m', 60_000],
    ['300ms', 300],
    ['10µs', 0.01],
  ])('keeps the model for %j', (keepAlive, ms) => {
    expect(toKeepAliveMs(keepAlive)).toBeCloseTo(ms, 9);
  });

  it.each([-1, -0.5, '-1m', '-1s', 1e300, '2562047h'])('keeps it forever at %j', (keepAlive) => {
    expect(toKeepAliveMs(keepAlive)).toBeGreaterThan(FOREVER_MS * 0.999999);
  });

  it.each([undefined, null])('leaves it to the server at %j', (keepAlive) => {
    expect(toKeepAliveMs(keepAlive)).toBeUndefined();
  });

  it.each([
    ['10', 'time: missing unit in duration "10"'],
    ['-1', 'time: missing unit in duration "-1"'],
    ['1h5', 'time: missing unit in duration "1h5"'],
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['soon', 'time: invalid duration "soon"'],
    ['2562048h', 'time: invalid duration "2562048h"'],
    ['1e3s', 'time: unknown unit "e" in duration "1e3s"'],
    ['5 m', 'time: unknown unit " m" in duration "5 m"'],
    ['1h5d', 'time: unknown unit "d" in duration "1h5d"'],
    [true, "Unsupported type: 'bool'"],
    [[], "Unsupported type: '[]interface {}'"],
    [{}, "Unsupported type: 'map[string]interface {}'"],
  ])('refuses %j', (keepAlive, message) => {
    expect(() => toKeepAliveMs(keepAlive)).toThrow(message);
  });
});
