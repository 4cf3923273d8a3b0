import { describe, expect, it } from 'vitest';
import { hashEmbed, runHashEmbed } from '../../../src/daemon/echo/hash-embed.js';

const dot = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);

describe('hashEmbed', () => {
  it.each(['the quick brown fox', 'ein schöner Tag', '', '!?'])('gives %j a vector of length 1', (text) => {
    const vector = hashEmbed(text);
    expect(vector).toHaveLength(256);
    expect(dot(vector, vector)).toBeCloseTo(1);
  });

  it('puts texts near each other that share words, whatever their case and order', () => {
    const fox = hashEmbed('the quick brown fox');
    expect(dot(fox, hashEmbed('Fox: BROWN, quick the'))).toBeCloseTo(1);
    expect(dot(fox, hashEmbed('the quick red fox'))).toBeGreaterThan(
      dot(fox, hashEmbed('stocks fell sharply')),
    );
  });

  it('refuses arguments of another shape', () => {
    expect(() => runHashEmbed({ input: 'text' })).toThrow();
    expect(() => runHashEmbed(null)).toThrow();
  });
});
