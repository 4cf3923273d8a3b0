import { describe, expect, test } from 'vitest';
import type { Tone } from '../../../src/thrum/link/tone-codec.js';
import type { Dialled } from '../dial.js';
import { startNest } from '../nest.js';

const isEnd = ({ chi }: Tone): boolean => chi === 'finish' || chi === 'error';

/** A forager of a nest with an echo worker. */
async function startEcho(): Promise<Dialled> {
  const nest = await startNest({ routeUndeclaredToolResults: true });
  await nest.echoWorker();
  return nest.forager();
}

/** The tones of one answer, without the fields that all of them have. */
async function ask(
  forager: Dialled,
  content: string,
  fields?: Readonly<Record<string, unknown>>,
): Promise<Tone[]> {
  const from = forager.tones.length;
  forager.prompt('s', content, fields);
  await forager.next(isEnd);
  return forager.tones
    .slice(from)
    .filter(({ chi }) => chi !== 'echo')
    .map(({ from: _from, sid: _sid, sigil: _sigil, ...rest }) => rest);
}

function textOf(tones: readonly Tone[]): string {
  return tones.map((tone) => (tone['chunkType'] === 'text_delta' ? String(tone['delta']) : '')).join('');
}

describe('without a script', () => {
  test('the answer is the message, word by word, and its usage is counted', async () => {
    expect(await ask(await startEcho(), ' Hello  wörld 🌍\n')).toEqual([
      { chi: 'session-ready', model: 'echo', nestId: 'nest-s', tools: [] },
      { blockIdx: 1, chi: 'chunk', chunkType: 'text_start' },
      { blockIdx: 1, chi: 'chunk', chunkType: 'text_delta', delta: ' Hello' },
      { blockIdx: 1, chi: 'chunk', chunkType: 'text_delta', delta: '  wörld' },
      { blockIdx: 1, chi: 'chunk', chunkType: 'text_delta', delta: ' 🌍\n' },
      { chi: 'finish', finishReason: 'stop', usage: { input_tokens: 5, output_tokens: 5 } },
    ]);
  });

  test.each([' \n ', 'a', 'a \t', '@scripture'])(
    'joined, the words of %j are exactly the message',
    async (message) => {
      expect(textOf(await ask(await startEcho(), message))).toBe(message);
    },
  );

  test('an empty message gets an empty answer', async () => {
    expect((await ask(await startEcho(), '')).map(({ chi }) => chi)).toEqual(['session-ready', 'finish']);
  });

  test('content counts before text, and text alone will do', async () => {
    const forager = await startEcho();
    expect(textOf(await ask(forager, 'content', { text: 'text' }))).toBe('content');
    expect(textOf(await ask(forager, 'x', { content: undefined, text: 'text' }))).toBe('text');
  });

  test('of a transcript only the last message is answered', async () => {
    const transcript =
      'So far.\n\n<turn role="user">\none\n</turn>\n<turn role="assistant">\ntwo\n</turn>\n\nthree';
    expect(textOf(await ask(await startEcho(), transcript))).toBe('three');
  });

  test('maxTokens cuts the answer after so many words', async () => {
    const forager = await startEcho();
    const cut = await ask(forager, 'one two three', { sampling: { maxTokens: 2 } });
    expect(textOf(cut)).toBe('one two');
    expect(cut.at(-1)).toMatchObject({ finishReason: 'max_tokens', usage: { output_tokens: 2 } });
    const whole = await ask(forager, 'one two three', { sampling: { maxTokens: 3 } });
    expect(whole.at(-1)).toMatchObject({ finishReason: 'stop' });
    expect(textOf(await ask(forager, 'one two three', { sampling: { maxTokens: -1 } }))).toBe(
      'one two three',
    );
  });

  test('it reasons when it is told to', async () => {
    const forager = await startEcho();
    const tones = await ask(forager, 'hi', { sampling: { reasoningEffort: 'low' } });
    expect(tones.slice(1, 4)).toEqual([
      { blockIdx: 0, chi: 'chunk', chunkType: 'reasoning_start' },
      { blockIdx: 0, chi: 'chunk', chunkType: 'reasoning_delta', delta: 'Echoing what I was told.' },
      { blockIdx: 0, chi: 'chunk', chunkType: 'reasoning_end' },
    ]);
    expect(await ask(forager, 'hi', { sampling: { reasoningEffort: 'none' } })).toHaveLength(4);
  });

  test('a long answer is paced so that a reader in the same process loses none of it', async () => {
    const forager = await startEcho();
    const message = Array.from({ length: 20_000 }, (_, index) => `word${index}`).join(' ');
    expect(textOf(await ask(forager, message))).toBe(message);
  });

  test('many long answers at once are paced together', async () => {
    const forager = await startEcho();
    const message = 'so many words '.repeat(300);
    const streams = 40;
    for (let index = 0; index < streams; index++) forager.prompt(`s${index}`, message);
    for (let index = 0; index < streams; index++) await forager.next(isEnd);
    expect(textOf(forager.tones)).toHaveLength(streams * message.length);
  });
});

describe('with a script', () => {
  test('a script in the last message of a transcript is played', async () => {
    const forager = await startEcho();
    const transcript = '<turn role="user">\none\n</turn>\n\n@script {"say":["played"]}';
    expect(textOf(await ask(forager, transcript))).toBe('played');
  });

  test('a script that cannot be read is a worker_error', async () => {
    const forager = await startEcho();
    const expected = [
      { chi: 'error', code: 'worker_error', message: expect.stringContaining('not a script') },
    ];
    expect(await ask(forager, '@script {"say":[1]}')).toEqual(expected);
    expect(await ask(forager, '@script {"say":')).toEqual(expected);
  });

  test('usage, finish and exitCode are what it says', async () => {
    const [, finish] = await ask(
      await startEcho(),
      '@script {"finish":"refusal","exitCode":1,"usage":{"a":1}}',
    );
    expect(finish).toEqual({ chi: 'finish', exitCode: 1, finishReason: 'refusal', usage: { a: 1 } });
  });

  test('more fields of an error pass', async () => {
    const [, error] = await ask(
      await startEcho(),
      '@script {"error":{"message":"m","code":402,"denial":"d"}}',
    );
    expect(error).toEqual({ chi: 'error', code: 402, denial: 'd', message: 'm' });
  });

  test('toolInput streams the arguments ahead of the call, under its id', async () => {
    const forager = await startEcho();
    forager.prompt(
      's',
      '@script {"tools":[{"name":"f","args":{"a":[1]}}],"toolInput":true,"ms":1,"then":["ok"]}',
    );
    const call = await forager.next(({ chi }) => chi === 'tool-call');
    const chunks = forager.tones.filter(({ chi }) => chi === 'chunk');
    expect(chunks.map(({ chunkType }) => chunkType)).toEqual([
      'tool_input_start',
      'tool_input_delta',
      'tool_input_delta',
    ]);
    expect(chunks[0]).toMatchObject({ toolCallId: call['callId'], toolName: 'f', blockIdx: 2 });
    expect(chunks.map(({ partialJson }) => partialJson ?? '').join('')).toBe('{"a":[1]}');
    forager.send({ ...call, chi: 'tool-result', result: 'r', isError: true });
    expect(await forager.next(({ chunkType }) => chunkType === 'tool_executed')).toMatchObject({
      callId: call['callId'],
      isError: true,
      output: 'r',
      toolName: 'f',
    });
    await forager.next(isEnd);
  });

  test('the turn is parked until every result came', async () => {
    const forager = await startEcho();
    forager.prompt('s', '@script {"tools":[{"name":"f"},{"name":"g"}],"then":["both"]}');
    const first = await forager.next(({ chi }) => chi === 'tool-call');
    const second = await forager.next(({ chi }) => chi === 'tool-call');
    forager.send({ ...second, chi: 'tool-result', output: 2 });
    await forager.next(({ chunkType }) => chunkType === 'tool_executed');
    await forager.settle();
    expect(forager.tones.some(isEnd)).toBe(false);
    forager.send({ ...first, chi: 'tool-result', output: 1 });
    await forager.next(isEnd);
    expect(textOf(forager.tones)).toBe('both');
  });

  test.each([
    ['hang', ['session-ready', 'finish']],
    ['silent', ['finish']],
  ])('%s says nothing more until it is cancelled', async (word, chis) => {
    const forager = await startEcho();
    forager.prompt('s', `@script {"${word}":true}`);
    await forager.settle();
    forager.send({ chi: 'cancel', sid: 's' });
    await forager.next(isEnd);
    expect(forager.tones.filter(({ sid }) => sid === 's').map(({ chi }) => chi)).toEqual(chis);
  });

  test('ms spreads the deltas over time, in which other turns go on', async () => {
    const forager = await startEcho();
    forager.prompt('slow', '@script {"say":["a","b"],"n":2,"ms":100}');
    for (const delta of ['a', 'b', 't0 ']) {
      await forager.next((tone) => tone['sid'] === 'slow' && tone['delta'] === delta);
      forager.prompt(`between ${delta}`, 'hi');
      await forager.next((tone) => isEnd(tone) && tone['sid'] !== 'slow');
    }
    await forager.next(isEnd);
    const ends = forager.tones.filter(isEnd).map(({ sid }) => sid);
    expect(ends).toEqual(['between a', 'between b', 'between t0 ', 'slow']);
    expect(textOf(forager.tones.filter(({ sid }) => sid === 'slow'))).toBe('abt0 t1 ');
  });

  test('a cancel in the middle of streamed tool input is no accident', async () => {
    const forager = await startEcho();
    forager.prompt('s', '@script {"tools":[{"name":"f"},{"name":"g"}],"toolInput":true,"ms":20}');
    await forager.next(({ chi }) => chi === 'tool-call');
    forager.send({ chi: 'cancel', sid: 's' });
    expect(await forager.next(isEnd)).toMatchObject({ finishReason: 'error' });
    expect(textOf(await ask(forager, 'still alive'))).toBe('still alive');
  });
});
