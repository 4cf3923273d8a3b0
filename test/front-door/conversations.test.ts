/** Conversations without a name go on where a worker remembers them: by all that was said, whatever the surface. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claude } from '../claude-bee/script.js';
import { type ClaudeWorld, startClaudeWorld } from '../claude-bee/world.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { eventually } from '../eventually.js';

type Json = Readonly<Record<string, unknown>>;

const MODEL = 'claude-sonnet-4-6';

interface Surface {
  readonly name: string;
  readonly path: string;
  /** @param said what was said so far, the user first */
  body(said: readonly string[], system?: string): Json;
  text(answer: unknown): string;
}

const asMessages = (said: readonly string[]) =>
  said.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
const withSystem = (said: readonly string[], system: string | undefined) => [
  ...(system === undefined ? [] : [{ role: 'system', content: system }]),
  ...asMessages(said),
];

const surfaces: readonly Surface[] = [
  {
    name: 'ollama',
    path: '/api/chat',
    body: (said, system) => ({ model: MODEL, stream: false, messages: withSystem(said, system) }),
    text: (answer) => Object(answer).message?.content,
  },
  {
    name: 'chat completions',
    path: '/v1/chat/completions',
    body: (said, system) => ({ model: MODEL, messages: withSystem(said, system) }),
    text: (answer) => Object(answer).choices?.[0].message.content,
  },
  {
    name: 'responses',
    path: '/v1/responses',
    body: (said, system) => ({
      model: MODEL,
      ...(system !== undefined && { instructions: system }),
      input: asMessages(said).map(({ role, content }) => ({
        type: 'message',
        role,
        content: [{ type: role === 'user' ? 'input_text' : 'output_text', text: content }],
      })),
    }),
    text: (answer) => Object(answer).output?.at(-1).content[0].text,
  },
  {
    name: 'messages',
    path: '/v1/messages',
    body: (said, system) => ({
      model: MODEL,
      max_tokens: 1_000,
      ...(system !== undefined && { system }),
      messages: asMessages(said),
    }),
    text: (answer) => Object(answer).content?.[0].text,
  },
];

const [chat] = surfaces;
const prompts = ({ sent }: ClaudeWorld) => sent.filter(({ chi }) => chi === 'prompt');
/** Without the mark that keeps a user's text from the commands of the worker's process. */
const contentOf = (tone: Tone | undefined) => String(tone?.['content']).replaceAll('\u034f', '');
const contents = (world: ClaudeWorld) => prompts(world).map(contentOf);

async function say(
  world: ClaudeWorld,
  said: readonly string[],
  system?: string,
  surface: Surface | undefined = chat,
): Promise<string> {
  if (surface === undefined) return expect.fail();
  const answer = await (await world.post(surface.path, surface.body(said, system))).json();
  return surface.text(answer) ?? expect.fail(JSON.stringify(answer));
}

const one = claude({ text: 'first' });
const two = claude({ text: 'second' });
const three = claude({ text: 'third' });

describe.each(surfaces)('a conversation on $name', (surface) => {
  it('goes on in the same process, with nothing but its news', async () => {
    const world = await startClaudeWorld();
    expect(await say(world, [one], undefined, surface)).toBe('first');
    const { length } = world.bee.starts;
    expect(await say(world, [one, 'first', two], undefined, surface)).toBe('second');
    expect(await say(world, [one, 'first', two, 'second', three], undefined, surface)).toBe('third');
    expect(world.bee.starts).toHaveLength(length);
    expect(contents(world)).toEqual([one, two, three]);
    expect(new Set(prompts(world).map(({ sid }) => sid)).size).toBe(1);
  });

  it('starts afresh with everything where its system text or its history has changed', async () => {
    const world = await startClaudeWorld();
    await say(world, [one], 'be kind', surface);
    await say(world, [one, 'first', two], 'be rude', surface);
    await say(world, [one, 'edited', two], 'be kind', surface);
    const sids = prompts(world).map(({ sid }) => sid);
    expect(new Set(sids).size).toBe(3);
    expect(contents(world)[1]).toContain('first');
    expect(contents(world)[2]).toContain('edited');
  });
});

describe('a conversation', () => {
  it('goes on on another surface than the one that it began on', async () => {
    const world = await startClaudeWorld();
    const said = [one];
    for (const [index, surface] of surfaces.entries()) {
      said.push(await say(world, said, undefined, surface), claude({ text: `${index}` }));
    }
    expect(new Set(prompts(world).map(({ sid }) => sid)).size).toBe(1);
  });

  it('goes on after the rounds of its tools', async () => {
    const world = await startClaudeWorld();
    const parameters = { type: 'object', properties: {} };
    const tools = [{ type: 'function', function: { name: 'look', parameters } }];
    const post = async (messages: readonly Json[]) =>
      Object(await (await world.post('/api/chat', { model: MODEL, stream: false, tools, messages })).json())
        .message;
    await post([{ role: 'user', content: one }]);
    const name = String(Object(Object(world.hellos.at(-1))['tools']?.at(-1)).name);
    const question = { role: 'user', content: claude({ tool: { name } }, { text: 'seen' }) };
    const called = await post([question]);
    const result = { role: 'tool', content: 'x', tool_call_id: called.tool_calls[0].id };
    const said = await post([question, called, result]);
    expect(said.content).toBe('seen');
    const { length } = world.bee.starts;
    const next = { role: 'user', content: two };
    expect((await post([question, called, result, said, next])).content).toBe('second');
    expect(world.bee.starts).toHaveLength(length);
    expect(contents(world).at(-1)).toBe(two);
  });

  it.each<[string, (results: readonly Json[]) => readonly Json[], string]>([
    ['goes on with its results as they were', (results) => results, 'session'],
    [
      'starts afresh where its results belong to other calls',
      ([first, second]) => [
        { ...first, tool_use_id: second?.['tool_use_id'] },
        { ...second, tool_use_id: first?.['tool_use_id'] },
      ],
      'fresh',
    ],
    [
      'starts afresh where a result was an error',
      ([first, second]) => [{ ...first, is_error: true }, { ...second }],
      'fresh',
    ],
  ])('%s', async (_, change, how) => {
    const world = await startClaudeWorld();
    const tools = ['look', 'find'].map((name) => ({
      name,
      input_schema: { type: 'object', properties: {} },
    }));
    const post = async (messages: readonly Json[]) =>
      Object(
        await (await world.post('/v1/messages', { model: MODEL, max_tokens: 1_000, tools, messages })).json(),
      ).content;
    await post([{ role: 'user', content: one }]);
    const declared: unknown = world.hellos.at(-1)?.['tools'];
    const names = (Array.isArray(declared) ? declared : []).slice(-2).map((tool) => String(tool.name));
    const calls = names.map((name) => ({ name }));
    const content = claude({ tools: calls, concurrent: true }, { text: 'seen' });
    const question = { role: 'user', content };
    const called = { role: 'assistant', content: await post([question]) };
    const results = called.content.flatMap(({ type, id }: Json) =>
      type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: id, content: `of ${id}` }] : [],
    );
    expect(results).toHaveLength(2);
    const seen = await post([question, called, { role: 'user', content: results }]);
    expect(seen).toMatchObject([{ text: 'seen' }]);
    const branch = { role: 'user', content: change(results) };
    const { length } = prompts(world);
    const said = { role: 'assistant', content: seen };
    await post([question, called, branch, said, { role: 'user', content: two }]);
    const [last, ...others] = prompts(world).slice(length);
    expect(others).toEqual([]);
    expect(contentOf(last) === two ? 'session' : 'fresh').toBe(how);
  });

  it('whose answer was cut by a stop sequence or by its length is never gone on with', async () => {
    const world = await startClaudeWorld();
    const post = async (messages: readonly Json[], fields: Json) =>
      Object(await (await world.post('/v1/chat/completions', { model: MODEL, messages, ...fields })).json())
        .choices[0].message.content;
    for (const fields of [{ stop: ['rst'] }, { max_tokens: 1 }]) {
      const question = { role: 'user', content: claude({ text: 'first of all', times: 5 }) };
      const content = await post([question], fields);
      const before = prompts(world).length;
      await post([question, { role: 'assistant', content }, { role: 'user', content: two }], fields);
      expect(contents(world)[before]).toContain('<turn role="assistant">');
    }
  });

  it('of a worker that may do more than talk goes on under a name alone', async () => {
    const world = await startClaudeWorld({ config: { workerTools: 'all' } });
    const post = async (said: readonly string[], headers: Record<string, string>) => {
      const body = JSON.stringify({ model: MODEL, stream: false, messages: asMessages(said) });
      await (await fetch(`${world.url}/api/chat`, { method: 'POST', headers, body })).text();
    };
    for (const headers of [{}, { 'x-hum-session': 'n' }]) {
      await post([one], headers);
      await post([one, 'first', two], headers);
    }
    expect(contents(world)).toEqual([one, expect.stringContaining('first'), one, two]);
  });
});

describe('a session whose process may be gone', () => {
  const gone = claude({ exit: 1 });

  /** Eight newer processes, of turns that end with nothing to go on with. */
  async function startEightMore(world: ClaudeWorld): Promise<void> {
    for (let n = 0; n < 8; n++)
      await (await world.post('/api/chat', { model: MODEL, messages: asMessages([gone]) })).text();
  }

  it('is resumed under a fresh sid, with nothing but its news', async () => {
    const world = await startClaudeWorld();
    await say(world, [one]);
    await startEightMore(world);
    expect(await say(world, [one, 'first', two])).toBe('second');
    const [first, last] = [prompts(world)[0], prompts(world).at(-1)];
    expect(contentOf(last)).toBe(two);
    expect(last?.sid).not.toBe(first?.sid);
    expect(last?.['resume']).toEqual(expect.any(String));
    expect(await say(world, [one, 'first', two, 'second', three])).toBe('third');
    expect(contentOf(prompts(world).at(-1))).toBe(three);
    expect(prompts(world).at(-1)?.sid).toBe(last?.sid);
  });

  it('that turns out to be empty is replaced by everything, before anything of its answer is given', async () => {
    const world = await startClaudeWorld();
    await say(world, [one]);
    world.bee.disk.forget();
    await startEightMore(world);
    expect(await say(world, [one, 'first', two])).toBe('second');
    const [resumed, whole] = prompts(world).slice(-2);
    expect(resumed).toMatchObject({ resume: expect.any(String) });
    expect(contentOf(resumed)).toBe(two);
    expect(whole?.['resume']).toBeUndefined();
    expect(contentOf(whole)).toContain('<turn role="assistant">\nfirst\n</turn>');
    await eventually(() =>
      expect(world.sent.filter(({ chi }) => chi === 'cancel').map(({ sid }) => sid)).toContain(resumed?.sid),
    );
  });
});

describe('users who begin with the same words', () => {
  it('never get what another one said, however their turns come', async () => {
    const world = await startClaudeWorld();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 10 }),
        fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
        async (order, waits) => {
          runs++;
          const hello = claude({ text: `hello ${runs}` });
          const users = [0, 1, 2].map((user) => ({
            user,
            said: [hello],
            over: Promise.resolve(),
            turn: 0,
          }));
          const step = async (talker: (typeof users)[number]) => {
            const answer = await say(world, talker.said);
            talker.turn++;
            const secret = claude({ text: `secret ${runs} of ${talker.user}, ${talker.turn}` });
            expect(answer).toContain(
              talker.turn === 1 ? `hello ${runs}` : `secret ${runs} of ${talker.user}`,
            );
            talker.said = [...talker.said, answer, secret];
          };
          const before = world.sent.length;
          for (const [index, who] of order.entries()) {
            const talker = users[who];
            if (talker === undefined) continue;
            talker.over = talker.over.then(() => step(talker));
            if (waits[index] === true) await talker.over;
          }
          await Promise.all(users.map(({ over }) => over));
          const owners = new Map<unknown, Set<string>>();
          for (const { chi, sid, content } of world.sent
            .slice(before)
            .map((tone) => ({ ...tone, content: tone['content'] }))) {
            if (chi !== 'prompt') continue;
            const of = owners.get(sid) ?? new Set();
            for (const [, user = ''] of String(content).matchAll(/secret \d+ of (\d)/g)) of.add(user);
            owners.set(sid, of);
          }
          for (const of of owners.values()) expect(of.size).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 12 },
    );
  }, 60_000);
});
