import { describe, expect, it } from 'vitest';
import { LinkHistory } from '../../src/thrum/link/link-history.js';

describe('LinkHistory', () => {
  it('begins another life when the link is lost', () => {
    const lives = new LinkHistory();
    const life = lives.current;
    expect(lives.current).toBe(life);
    lives.lost();
    expect(lives.current).not.toBe(life);
  });

  it('takes earlier lives to be of the same humd', () => {
    const lives = new LinkHistory();
    const life = lives.current;
    lives.lost();
    expect([life, lives.current].map((one) => lives.isHere(one))).toEqual([true, true]);
  });

  it('takes no life before a move to be of the humd that it is up to', () => {
    const lives = new LinkHistory();
    const first = lives.current;
    lives.lost();
    lives.moved();
    const second = lives.current;
    lives.lost();
    expect([first, second, lives.current].map((one) => lives.isHere(one))).toEqual([false, true, true]);
  });
});
