/** What a server refuses is left out or put in another form for clients of every surface, streamed and whole, and remembered. */
import { describe, expect, test } from 'vitest';
import { type Answer, ASKS, type AskSurface, at, toAnswer } from '../front-door/ask-surfaces.js';
import { startUpstreamWorld, type UpstreamWorld } from './upstream-world.js';

type Json = Readonly<Record<string, unknown>>;

interface Refusal {
  readonly status: number;
  readonly body: unknown;
}

interface Case {
  readonly name: string;
  /** What each surface asks with, by its name; surfaces that have no such field are not asked. */
  readonly fields: Readonly<Record<string, Json>>;
  /** The refusal of a body, or undefined for one that is taken. */
  refuse(body: Json): Refusal | undefined;
  /** Of the body that was taken. */
  taken(body: Json): void;
  /** What the server answers; `fine` where absent. */
  readonly says?: string;
  readonly text?: string;
}

const invalid = (message: string, more: Json = {}): Refusal => ({
  status: 400,
  body: { error: { message, type: 'invalid_request_error', ...more } },
});
const unprocessable = (field: string, type = 'extra_forbidden', msg = 'Extra inputs are not permitted') => ({
  status: 422,
  body: { detail: [{ type, loc: ['body', field], msg }] },
});

const PARAMETERS = { type: 'object', properties: { a: { type: 'string' } } };
const FUNCTION = { type: 'function', function: { name: 'look', parameters: PARAMETERS } };
const OTHER = { type: 'function', function: { name: 'other', parameters: PARAMETERS } };
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

function rolesOf(body: Json): readonly unknown[] {
  const messages: unknown = body['messages'];
  return Array.isArray(messages) ? messages.map((message) => at(message, 'role')) : [];
}

const later = [
  { role: 'user', content: 'Hello.' },
  { role: 'assistant', content: 'Hi.' },
  { role: 'system', content: 'Be short.' },
  { role: 'user', content: 'And now?' },
];

const CASES: readonly Case[] = [
  {
    name: 'a temperature that is fixed',
    fields: {
      ollama: { options: { temperature: 0.3 } },
      'chat completions': { temperature: 0.3 },
      completions: { temperature: 0.3 },
      responses: { temperature: 0.3 },
      messages: { temperature: 0.3 },
    },
    refuse: (body) =>
      'temperature' in body
        ? invalid(
            "Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1) value is supported.",
            { param: 'temperature', code: 'unsupported_value' },
          )
        : undefined,
    taken: (body) => expect(body).not.toHaveProperty('temperature'),
  },
  {
    name: 'top_k, by a place alone',
    fields: {
      ollama: { options: { top_k: 3 } },
      'chat completions': { top_k: 3 },
      completions: { top_k: 3 },
      responses: { top_k: 3 },
      messages: { top_k: 3 },
    },
    refuse: (body) => ('top_k' in body ? unprocessable('top_k') : undefined),
    taken: (body) => expect(body).not.toHaveProperty('top_k'),
  },
  {
    name: 'stream_options',
    fields: { ollama: {}, 'chat completions': {}, completions: {}, responses: {}, messages: {} },
    refuse: (body) =>
      'stream_options' in body
        ? invalid('Unrecognized request argument supplied: stream_options')
        : undefined,
    taken: (body) => expect(body).toMatchObject({ stream: true }),
  },
  {
    name: 'stop, which is looked for here',
    fields: {
      ollama: { options: { stop: ['END'] } },
      'chat completions': { stop: ['END'] },
      completions: { stop: ['END'] },
      messages: { stop_sequences: ['END'] },
    },
    refuse: (body) =>
      'stop' in body ? invalid("Unsupported parameter: 'stop' is not supported with this model.") : undefined,
    taken: (body) => expect(body).not.toHaveProperty('stop'),
    says: 'fine END and more',
    text: 'fine ',
  },
  {
    name: 'an effort that is none of the words it knows',
    fields: {
      ollama: { think: false },
      'chat completions': { reasoning_effort: 'none' },
      responses: { reasoning: { effort: 'none' } },
      messages: { thinking: { type: 'disabled' } },
    },
    refuse: (body) =>
      body['reasoning_effort'] === undefined || /^(low|medium|high)$/.test(String(body['reasoning_effort']))
        ? undefined
        : invalid("Input should be 'low', 'medium' or 'high'"),
    taken: (body) => expect([undefined, 'low']).toContain(body['reasoning_effort']),
  },
  {
    name: 'the number of calls at once',
    fields: {
      'chat completions': { tools: [FUNCTION], parallel_tool_calls: false },
      responses: {
        tools: [{ type: 'function', name: 'look', parameters: PARAMETERS }],
        parallel_tool_calls: false,
      },
      messages: {
        tools: [{ name: 'look', input_schema: PARAMETERS }],
        tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      },
    },
    refuse: (body) =>
      'parallel_tool_calls' in body
        ? { status: 400, body: { object: 'error', message: 'parallel_tool_calls: unknown field', code: 400 } }
        : undefined,
    taken: (body) => expect(body).toMatchObject({ tools: [{ function: { name: 'look' } }] }),
  },
  {
    name: 'a choice of tools that is not taken',
    fields: {
      'chat completions': { tools: [FUNCTION], tool_choice: 'required' },
      responses: {
        tools: [{ type: 'function', name: 'look', parameters: PARAMETERS }],
        tool_choice: 'required',
      },
      messages: { tools: [{ name: 'look', input_schema: PARAMETERS }], tool_choice: { type: 'any' } },
    },
    refuse: (body) =>
      body['tool_choice'] === 'required'
        ? invalid("Invalid tool_choice value. Supported values are 'auto' and 'none'.", {
            param: 'tool_choice',
          })
        : undefined,
    taken: (body) => expect(body['tool_choice']).not.toBe('required'),
  },
  {
    name: 'a tool that must be called, where only words are taken',
    fields: {
      'chat completions': {
        tools: [FUNCTION, OTHER],
        tool_choice: { type: 'function', function: { name: 'look' } },
      },
      responses: {
        tools: [FUNCTION, OTHER].map((tool) => ({ type: 'function', ...tool.function })),
        tool_choice: { type: 'function', name: 'look' },
      },
      messages: {
        tools: [FUNCTION, OTHER].map(({ function: { name } }) => ({ name, input_schema: PARAMETERS })),
        tool_choice: { type: 'tool', name: 'look' },
      },
    },
    refuse: (body) =>
      typeof body['tool_choice'] === 'object'
        ? {
            status: 400,
            body: {
              error: "Invalid tool_choice type: 'object'. Supported string values: none, auto, required",
            },
          }
        : undefined,
    taken: (body) => {
      expect(body['tool_choice']).toBe('required');
      expect(body['tools']).toMatchObject([{ function: { name: 'look' } }]);
    },
  },
  {
    name: 'a format, which is asked for in words',
    fields: {
      ollama: { format: SCHEMA },
      'chat completions': {
        response_format: { type: 'json_schema', json_schema: { name: 'place', schema: SCHEMA } },
      },
      responses: { text: { format: { type: 'json_schema', name: 'place', schema: SCHEMA } } },
      messages: { output_config: { format: { type: 'json_schema', schema: SCHEMA } } },
    },
    refuse: (body) =>
      'response_format' in body
        ? invalid("'response_format.type' must be 'json_object' or 'text'", { param: 'response_format.type' })
        : undefined,
    taken: (body) => expect(JSON.stringify(body['messages'])).toContain('city'),
    says: '```json\n{"city":"Rome"}\n```',
    text: '{"city":"Rome"}',
  },
  {
    name: 'a system message that is not the first',
    fields: {
      ollama: { messages: later },
      'chat completions': { messages: later },
      responses: { input: later },
      messages: { messages: later },
    },
    refuse: (body) =>
      rolesOf(body).lastIndexOf('system') > 0
        ? invalid('System message must be at the beginning.')
        : undefined,
    taken: (body) => expect(at(body, 'messages', -1, 'content')).toMatch(/Be short\.[\s\S]*And now\?/),
  },
  {
    name: 'roles that do not alternate',
    fields: {
      ollama: { messages: [later[0], later[3]] },
      'chat completions': { messages: [later[0], later[3]] },
      responses: { input: [later[0], later[3]] },
      messages: { messages: [later[0], later[3]] },
    },
    refuse: (body) =>
      rolesOf(body).some((role, index, all) => role === all[index + 1])
        ? {
            status: 500,
            body: {
              error: {
                code: 500,
                message: 'Conversation roles must alternate user/assistant/user/assistant/...',
              },
            },
          }
        : undefined,
    taken: (body) => expect(at(body, 'messages', -1, 'content')).toMatch(/Hello\.[\s\S]*And now\?/),
  },
];

async function ask(
  { post }: UpstreamWorld,
  surface: AskSurface,
  stream: boolean,
  fields: Json,
): Promise<Answer> {
  return toAnswer(await post(surface.path, surface.body('llama3', 'Hello?', stream, fields)));
}

describe.each(CASES)('$name', ({ fields, refuse, taken, says = 'fine', text = says }) => {
  test.each(ASKS.filter(({ surface }) => surface.name in fields))('$how', async ({ surface, stream }) => {
    const world = await startUpstreamWorld();
    world.upstream.onChat = (answer) => {
      const refusal = refuse(answer.request.body ?? {});
      if (refusal !== undefined) answer.refuse(refusal.status, refusal.body);
      else answer.delta({ content: says }).finish('stop');
    };
    const first = await ask(world, surface, stream, fields[surface.name] ?? {});
    expect([first.status, surface.text(first)]).toEqual([200, text]);
    taken(world.upstream.chats.at(-1)?.body ?? {});
    const { length } = world.upstream.chats;
    // One request pays for each thing that was learned, and the next for none.
    expect(length).toBeLessThanOrEqual(3);
    expect(surface.text(await ask(world, surface, stream, fields[surface.name] ?? {}))).toBe(text);
    expect(world.upstream.chats).toHaveLength(length + 1);
  });
});
