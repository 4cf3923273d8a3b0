import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ThreadPool } from '../../src/threads/thread-pool.js';
import { createCheck, MAX_SCHEMA_CHARACTERS } from '../../src/turns/json-answers/answer-check.js';
import { errorOf } from './ask.js';
import { startWorld } from '../front-door/world.js';
import { watchLoop } from '../watch-loop.js';

type Schema = Readonly<Record<string, unknown>>;

const MODEL = 'claude-sonnet-4';
const messages = [{ role: 'user', content: 'x' }];

/** Where each surface takes a schema, and what it calls the field. */
const ROUTES: readonly (readonly [path: string, param: unknown, toBody: (schema: Schema) => object])[] = [
  ['/api/chat', undefined, (format) => ({ model: MODEL, messages, format })],
  ['/api/generate', undefined, (format) => ({ model: MODEL, prompt: 'x', format })],
  [
    '/v1/chat/completions',
    'response_format',
    (schema) => ({
      model: MODEL,
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
    }),
  ],
  [
    '/v1/responses',
    'text.format',
    (schema) => ({ model: MODEL, input: 'x', text: { format: { type: 'json_schema', name: 'a', schema } } }),
  ],
  [
    '/v1/messages',
    undefined,
    (schema) => ({
      model: MODEL,
      max_tokens: 9,
      messages,
      output_config: { format: { type: 'json_schema', schema } },
    }),
  ],
];

const complaint = async (schema: Schema, answer: unknown) => {
  const check = await createCheck({ schema, delivery: 'whole' });
  return check.complaintAbout(JSON.stringify(answer));
};

describe('a hostile JSON Schema', () => {
  it.each(ROUTES)(
    'with a pattern that takes no linear time is refused before anything is asked: %s',
    async (path, param, toBody) => {
      const world = await startWorld();
      for (const pattern of ['^(?!a)b', '(?<=a)b', '(a)\\1']) {
        const answer = await world.post(path, toBody({ type: 'object', properties: { a: { pattern } } }));
        const body: { error?: unknown } = Object(await answer.json());
        expect(answer.status).toBe(400);
        expect(errorOf(body)).toMatch(
          /^the format is not a valid JSON Schema: a 'pattern' cannot be used here/,
        );
        expect(Object(body.error)['param']).toBe(param);
      }
      expect(world.sentOf('prompt')).toEqual([]);
    },
  );

  // It would not end within the time that a test has.
  it('with a pattern that backtracks for ever is checked in no time', async () => {
    expect(await complaint({ pattern: '^(a+)+$' }, `${'a'.repeat(100_000)}!`)).toMatch('must match pattern');
    expect(await complaint({ pattern: '^(a+)+$' }, 'a'.repeat(100_000))).toBeUndefined();
  });

  it('whose references double forty times costs its own turn, not the event loop', async () => {
    const threads = new ThreadPool({
      maxThreads: 1,
      maxWaiting: 8,
      maxWaitMs: 30_000,
      deadlineMs: 4_000,
      idleMs: 1_000,
    });
    const defs = Array.from({ length: 40 }, (_, level) => {
      const next = { $ref: `#/$defs/level${level + 1}` };
      return [`level${level}`, { allOf: [next, next] }];
    });
    const schema = {
      $ref: '#/$defs/level0',
      $defs: { ...Object.fromEntries(defs), level40: { type: 'number' } },
    };
    const check = await createCheck({ schema, delivery: 'whole' }, threads);
    const { turns } = await watchLoop(() =>
      expect(check.complaintAbout('1')).rejects.toMatchObject({ code: 'invalid-answer', afterPrompt: true }),
    );
    expect(turns).toBeGreaterThan(100);
  });

  it('that refers to itself for ever ends in a complaint', async () => {
    expect(await complaint({ $ref: '#' }, 1)).toBe('it nests too deep to be checked');
  });

  it('that is none of ours is told so: asynchronous ones are read as others', async () => {
    expect(await complaint({ $async: true, type: 'string' }, 1)).toBe('the value must be string');
  });

  it('takes the names of prototypes for names', async () => {
    const schema = JSON.parse(
      '{"required":["__proto__","constructor"],"properties":{"__proto__":{"type":"string"}}}',
    );
    expect(await complaint(schema, {})).toMatch('required property');
    expect(await complaint(schema, JSON.parse('{"__proto__":"a","constructor":1}'))).toBeUndefined();
  });

  it('shares its $id with nobody', async () => {
    const $id = 'https://example.com/same';
    expect(await complaint({ $id, type: 'string' }, 'a')).toBeUndefined();
    expect(await complaint({ $id, type: 'number' }, 'a')).toBe('the value must be number');
    await expect(createCheck({ schema: { $ref: $id }, delivery: 'whole' })).rejects.toMatchObject({
      code: 'bad-request',
      param: 'format',
    });
  });

  it('that lies elsewhere is not fetched', async () => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests++;
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : undefined}`;
    const schema = { $schema: `${base}/meta`, $ref: `${base}/schema` };
    await expect(createCheck({ schema, delivery: 'whole' })).rejects.toThrow(/can't resolve reference/);
    expect(requests).toBe(0);
  });

  it.each([
    [
      'many names',
      { properties: Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`p${at}`, {}])) },
    ],
    ['one long name', { properties: { ['p'.repeat(MAX_SCHEMA_CHARACTERS)]: {} } }],
    ['a list of megabytes', { enum: Array.from({ length: 2_000_000 }, (_, at) => at) }],
  ])('of a size without sense is refused at once: %s', async (_, schema) => {
    const { longestMs } = await watchLoop(() =>
      expect(createCheck({ schema, delivery: 'whole' })).rejects.toMatchObject({
        code: 'bad-request',
        message: "the format's JSON Schema is longer than 131072 characters",
      }),
    );
    expect(longestMs).toBeLessThan(1_000);
  });

  it.each([
    ['a number as its $id', { $id: 5 }],
    ['a type that there is not', { type: 'nonsense' }],
  ])('that is no schema is refused: %s', async (_, schema) => {
    await expect(createCheck({ schema, delivery: 'whole' })).rejects.toMatchObject({ code: 'bad-request' });
  });
});
