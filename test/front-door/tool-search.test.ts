/** Codex' search for tools: a call that the client answers with tools, which the model can call from then on. */
import { describe, expect, it } from 'vitest';
import { script, startWorld, type World } from './world.js';

type Json = Readonly<Record<string, unknown>>;

const search = {
  type: 'tool_search',
  execution: 'client',
  description: 'Searches the tools of your apps',
  parameters: {
    type: 'object',
    properties: { query: { type: 'string' }, limit: { type: 'number' } },
    required: ['query'],
  },
};
const shell = { type: 'function', name: 'shell', parameters: { type: 'object', properties: {} } };
const calendar = {
  type: 'namespace',
  name: 'mcp__calendar__',
  description: 'A calendar',
  tools: [
    {
      type: 'function',
      name: 'list_events',
      description: 'Lists events',
      parameters: { type: 'object', properties: {} },
      defer_loading: true,
    },
  ],
};
const user = (content: string) => ({ role: 'user', content });

async function respond(world: World, input: readonly Json[], tools: readonly Json[]) {
  const response = await world.post('/v1/responses', {
    model: 'claude-sonnet-4',
    input,
    tools,
    store: false,
  });
  expect(response.status).toBe(200);
  return Object(await response.json());
}

/** The names of the tools in each prompt. */
const offered = (world: World) =>
  world
    .sentOf('prompt')
    .map(({ tools }) => (Array.isArray(tools) ? tools.map((tool) => Object(tool).name) : []));

describe('tool_search', () => {
  it('is called as a function, and the tools that the client finds are offered in a prompt of their own', async () => {
    const world = await startWorld();
    const calls = [{ name: 'tool_search', args: { query: 'calendar', limit: 3 } }];
    const question = user(script({ tools: calls }));
    const first = await respond(world, [question], [search, shell]);
    const [called] = first.output;
    expect(called).toEqual({
      id: expect.stringMatching(/^tsc_/),
      type: 'tool_search_call',
      status: 'completed',
      call_id: expect.any(String),
      execution: 'client',
      arguments: { query: 'calendar', limit: 3 },
    });
    expect(first.tools).toEqual([search, shell]);
    const found = {
      type: 'tool_search_output',
      call_id: called.call_id,
      status: 'completed',
      execution: 'client',
      tools: [calendar],
    };
    const second = await respond(world, [question, called, found], [search, shell]);
    expect(second.status).toBe('completed');
    expect(offered(world)).toEqual([
      ['tool_search', 'shell'],
      ['tool_search', 'shell', 'mcp__calendar____list_events'],
    ]);
    // The worker that waited could not have called them.
    expect(world.sentOf('tool-result').every(({ isError }) => isError === true)).toBe(true);
  });

  it('gives a call of a found tool back under its namespace', async () => {
    const world = await startWorld();
    const searched = {
      type: 'tool_search_call',
      call_id: 'a',
      execution: 'client',
      arguments: { query: 'x' },
    };
    const found = { type: 'tool_search_output', call_id: 'a', execution: 'client', tools: [calendar] };
    const question = user(script({ tools: [{ name: 'mcp__calendar____list_events', args: {} }] }));
    const { output } = await respond(world, [user('hi'), searched, found, question], [search]);
    expect(output).toMatchObject([
      { type: 'function_call', name: 'list_events', namespace: 'mcp__calendar__', arguments: '{}' },
    ]);
  });

  it('is told in the history with what it found', async () => {
    const world = await startWorld();
    const searched = {
      type: 'tool_search_call',
      call_id: 'a',
      execution: 'client',
      arguments: { query: 'x' },
    };
    const found = { type: 'tool_search_output', call_id: 'a', tools: [calendar] };
    const nothing = { type: 'tool_search_output', call_id: 'a', tools: [] };
    for (const result of [found, nothing])
      await respond(world, [user('hi'), searched, result, user('go on')], [search]);
    const [one, other] = world.sentOf('prompt').map(({ content }) => String(content));
    expect(one).toContain('- mcp__calendar____list_events: Lists events');
    expect(other).toContain('No tools were found.');
  });

  it.each([
    ['waits for a search of the client', [search, { ...shell, defer_loading: true }], ['tool_search']],
    [
      'is offered at once where OpenAI would search',
      [{ type: 'tool_search' }, { ...shell, defer_loading: true }],
      ['shell'],
    ],
    ['is offered at once without a search', [{ ...shell, defer_loading: true }], ['shell']],
  ])('a tool with defer_loading %s', async (_, tools, names) => {
    const world = await startWorld();
    await respond(world, [user('hi')], tools);
    expect(offered(world)).toEqual([names]);
  });
});
