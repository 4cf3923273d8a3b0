import { describe, expect, it } from 'vitest';
import { TurnAbort } from '../../../src/core/abort.js';
import type { Event } from '../../../src/core/event.js';
import { Fault } from '../../../src/core/fault.js';
import type { Turns } from '../../../src/core/port.js';
import type { AnswerFormat, TurnRequest } from '../../../src/core/request.js';
import { pipelineTo } from '../pipeline.js';

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const finish = (reason: 'stop' | 'length' | 'tool-calls' = 'stop'): Event => ({
  type: 'finish',
  reason,
  usage,
});
const schema = {
  type: 'object',
  properties: { a: { type: 'integer' } },
  required: ['a'],
  additionalProperties: false,
};
const text = (...pieces: string[]): Event[] => pieces.map((piece) => ({ type: 'text-delta', text: piece }));

/** A worker that gives one answer after the other, each event in a batch of its own. */
class Worker implements Turns {
  readonly asked: TurnRequest[] = [];
  readonly #answers: readonly (readonly Event[])[];

  constructor(...answers: readonly (readonly Event[])[]) {
    this.#answers = answers;
  }

  async *turn(request: TurnRequest): AsyncGenerator<readonly Event[]> {
    this.asked.push(request);
    for (const event of this.#answers[this.asked.length - 1] ?? []) yield [event];
  }
}

async function ask(
  worker: Worker,
  format: AnswerFormat | undefined,
  system?: string,
): Promise<readonly Event[]> {
  const request: TurnRequest = {
    model: 'm',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    tools: [],
    sampling: {},
    ...(system === undefined ? {} : { system }),
    ...(format === undefined ? {} : { format }),
  };
  const events: Event[] = [];
  const turn = pipelineTo(worker).turn(request, new TurnAbort());
  for await (const batch of turn) events.push(...batch);
  return events;
}

const shown = (events: readonly Event[]) =>
  events.map((event) =>
    'text' in event ? event.text : event.type === 'fault' ? event.fault.code : event.type,
  );

const whole = { schema, delivery: 'whole' } as const;
const streamed = { schema, delivery: 'streamed' } as const;

describe('a turn without a format', () => {
  it('goes through untouched', async () => {
    const worker = new Worker([...text('```a'), finish()]);
    expect(shown(await ask(worker, undefined))).toEqual(['```a', 'finish']);
    expect(worker.asked[0]).not.toHaveProperty('system');
  });
});

describe.each([whole, streamed])('a turn with a schema, $delivery', (format) => {
  it('asks for JSON behind the system prompt, with the schema, and not for a format', async () => {
    const worker = new Worker([...text('{"a":1}'), finish()]);
    await ask(worker, format, 'be brief');
    expect(worker.asked[0]?.system).toMatch(/^be brief\n\nAnswer with JSON only/);
    expect(worker.asked[0]?.system).toContain(JSON.stringify(schema));
    expect(worker.asked[0]?.format).toBeUndefined();
  });

  it('takes fences and prose away', async () => {
    const worker = new Worker([...text('Sure!\n```json\n', '{"a"', ':1}', '\n```\nDone.'), finish()]);
    const events = await ask(worker, format);
    expect(shown(events).slice(0, -1).join('')).toBe('{"a":1}');
    expect(events.at(-1)).toEqual(finish());
  });

  it('lets reasoning and readiness through at once', async () => {
    const reasoning: Event = { type: 'reasoning-delta', text: 'hm' };
    const worker = new Worker([{ type: 'ready' }, reasoning, ...text('{"a":1}'), finish()]);
    expect(shown(await ask(worker, format))).toEqual(['ready', 'hm', '{"a":1}', 'finish']);
  });

  it('does not judge what ends on tool calls or at a limit', async () => {
    const call: Event = { type: 'tool-call', id: 'c', name: 'f', input: '{}' };
    const calling = new Worker([...text('Looking.'), call, finish('tool-calls')]);
    expect([...shown(await ask(calling, format))].sort()).toEqual(['Looking.', 'finish', 'tool-call']);
    const cut = new Worker([...text('{"a":'), finish('length')]);
    expect(shown(await ask(cut, format))).toEqual(['{"a":', 'finish']);
  });

  it('passes the fault of the worker on', async () => {
    const worker = new Worker([{ type: 'fault', fault: new Fault('worker-error', 'x') }]);
    expect(shown(await ask(worker, format))).toEqual(['worker-error']);
  });

  it('refuses what is no schema before anything is asked', async () => {
    const worker = new Worker();
    expect(shown(await ask(worker, { ...format, schema: { type: 'nonsense' } }))).toEqual(['bad-request']);
    expect(worker.asked).toEqual([]);
  });

  it.each(['http://json-schema.org/draft-07/schema#', 'https://json-schema.org/draft/2020-12/schema'])(
    'takes a schema of %s',
    async ($schema) => {
      const worker = new Worker([...text('{"a":1}'), finish()]);
      expect(shown(await ask(worker, { ...format, schema: { $schema, ...schema } }))).toEqual([
        '{"a":1}',
        'finish',
      ]);
    },
  );
});

describe('a whole answer that is wrong', () => {
  it('is asked for once more, with the complaint, and both turns are counted', async () => {
    const worker = new Worker(
      [...text('{"a":"x"}'), finish()],
      [{ type: 'ready' }, ...text('{"a":2}'), finish()],
    );
    const events = await ask(worker, whole);
    expect(shown(events)).toEqual(['{"a":2}', 'finish']);
    expect(events.at(-1)).toMatchObject({ usage: { promptTokens: 6, completionTokens: 4, cachedTokens: 2 } });
    expect(worker.asked[1]?.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ text: '{"a":"x"}' }] },
      { role: 'user', content: [{ text: expect.stringContaining('the value/a must be integer') }] },
    ]);
  });

  it('twice ends in a fault that does not repeat it', async () => {
    const worker = new Worker([...text('secret'), finish()], [...text('{"secret":1}'), finish()]);
    const events = await ask(worker, whole);
    expect(shown(events)).toEqual(['invalid-answer']);
    expect(JSON.stringify(events.map((event) => 'fault' in event && event.fault.message))).not.toContain(
      'secret',
    );
    expect(worker.asked).toHaveLength(2);
  });
});

describe('a streamed answer that is wrong', () => {
  it.each([
    [['{"a":"x"}'], ['{"a":"x"}', 'invalid-answer']],
    [['{"a":1'], ['{"a":1', 'invalid-answer']],
    [['no JSON at all'], ['invalid-answer']],
    [[''], ['invalid-answer']],
  ])('%j ends in a fault and no finish', async (pieces, seen) => {
    const worker = new Worker([...text(...pieces), finish()]);
    expect(shown(await ask(worker, streamed))).toEqual(seen);
    expect(worker.asked).toHaveLength(1);
  });
});

describe('a turn that is to be any JSON', () => {
  it('wants an object', async () => {
    const json = { schema: undefined, delivery: 'whole' } as const;
    expect(shown(await ask(new Worker([...text('{}'), finish()]), json))).toEqual(['{}', 'finish']);
    expect(shown(await ask(new Worker([...text('[1]'), finish()], [...text('5'), finish()]), json))).toEqual([
      'invalid-answer',
    ]);
  });
});

describe('a schema whose value is a scalar', () => {
  it.each(['whole', 'streamed'] as const)('is held to its end, %s', async (delivery) => {
    const worker = new Worker([...text('4', '2'), finish()]);
    expect(shown(await ask(worker, { schema: { type: 'integer' }, delivery }))).toEqual(['42', 'finish']);
  });
});
