import { describe, expect, it } from 'vitest';
import { TurnAbort } from '../../src/core/abort.js';
import { Fault } from '../../src/core/fault.js';
import type { Conversation } from '../conversation.js';
import { embed, toUnitLength } from '../../src/http/embed.js';

/** A conversation whose tool gives these results, one a call, or throws them. */
function conversationOf(results: readonly unknown[]): Conversation & { readonly called: unknown[][] } {
  const called: unknown[][] = [];
  return {
    called,
    async *turn() {},
    models: () => [],
    link: () => 'up',
    async callTool(...call) {
      called.push(call);
      const result = results[called.length - 1];
      if (result instanceof Error) throw result;
      return result;
    },
  };
}

const { signal } = new AbortController();

function embedding(results: readonly unknown[], input: readonly string[], dimensions?: number) {
  return embed(conversationOf(results), 'embed', { model: 'm', input, dimensions }, signal);
}

describe('embeddings', () => {
  it('are asked for in calls whose results fit into a tone', async () => {
    const results = [32, 32, 6].map((count) => ({ embeddings: Array(count).fill([1, 2]), promptTokens: 1 }));
    const conversation = conversationOf(results);
    const input = Array.from({ length: 70 }, (_, index) => `text ${index}`);
    const { vectors, promptTokens } = await embed(
      conversation,
      'embed',
      { model: 'm', input, dimensions: 2 },
      signal,
    );
    expect(vectors).toHaveLength(70);
    expect(promptTokens).toBe(3);
    expect(conversation.called).toEqual([
      ['embed', { model: 'm', input: input.slice(0, 32), dimensions: 2 }, signal],
      ['embed', { model: 'm', input: input.slice(32, 64), dimensions: 2 }, signal],
      ['embed', { model: 'm', input: input.slice(64), dimensions: 2 }, signal],
    ]);
  });

  it('stay as the tool made them unless they are longer than asked for', async () => {
    expect((await embedding([{ embeddings: [[3, 4]] }], ['a'])).vectors).toEqual([[3, 4]]);
    expect((await embedding([{ embeddings: [[3, 4]] }], ['a'], 3)).vectors).toEqual([[3, 4]]);
    expect((await embedding([{ embeddings: [[3, 4, 9]] }], ['a'], 2)).vectors).toEqual([[0.6, 0.8]]);
    expect((await embedding([{ embeddings: [[0, 0, 9]] }], ['a'], 2)).vectors).toEqual([[0, 0]]);
  });

  it('of nothing are nothing', async () => {
    expect(await embedding([], [])).toEqual({ vectors: [], promptTokens: 0 });
  });

  it.each([[undefined], [null], ['3'], [-1], [1.5], [Number.NaN]])(
    'are counted here where the tool counts %j',
    async (promptTokens) => {
      const { promptTokens: counted } = await embedding([{ embeddings: [[1]], promptTokens }], ['12345678']);
      expect(counted).toBe(2);
    },
  );

  it.each([
    [null, "no list of 'embeddings'"],
    ['text', "no list of 'embeddings'"],
    [[], "no list of 'embeddings'"],
    [{}, "no list of 'embeddings'"],
    [{ embeddings: {} }, "no list of 'embeddings'"],
    [{ embeddings: [[1]] }, '1 embeddings for 2 inputs'],
    [{ embeddings: [[1], [1], [1]] }, '3 embeddings for 2 inputs'],
    [{ embeddings: [[1], []] }, 'an embedding that is no list of finite numbers'],
    [{ embeddings: [[1], [null]] }, 'an embedding that is no list of finite numbers'],
    [{ embeddings: [[1], ['1']] }, 'an embedding that is no list of finite numbers'],
    [{ embeddings: [[1], 'AACAPw=='] }, 'an embedding that is no list of finite numbers'],
    [{ embeddings: [[1], [1, 2]] }, 'vectors of different lengths'],
  ])('are not %j', async (result, what) => {
    await expect(embedding([result], ['a', 'b'])).rejects.toMatchObject({
      code: 'tool-failed',
      message: `the tool 'embed' gave ${what}`,
    });
  });

  it('that nobody makes are a fault that says what to add', async () => {
    await expect(embedding([new Fault('not-offered', 'nobody')], ['a'])).rejects.toMatchObject({
      code: 'not-offered',
      message: expect.stringContaining("lists the tool 'embed'"),
    });
  });

  it('pass on what else goes wrong, and whose client has left are no mistake of ours', async () => {
    const timeout = new Fault('timeout', 'no answer');
    await expect(embedding([timeout], ['a'])).rejects.toBe(timeout);
    const gone = new TurnAbort();
    gone.abort();
    const call = { model: 'm', input: ['a'], dimensions: undefined };
    await expect(embed(conversationOf([gone.reason]), 'embed', call, gone)).rejects.toMatchObject({
      code: 'client-left',
    });
  });
});

describe('a vector at the length of one', () => {
  it.each([
    [
      [3, 4],
      [0.6, 0.8],
    ],
    [[-2], [-1]],
    [
      [0, 0],
      [0, 0],
    ],
  ])('%j is %j', (vector, unit) => {
    expect(toUnitLength(vector)).toEqual(unit);
  });
});
