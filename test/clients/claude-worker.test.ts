/** Clients from npm in front of a worker that behaves as hum's `claude-cli`: what their users see of it. */
import { readFileSync } from 'node:fs';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic, { APIError as AnthropicError } from '@anthropic-ai/sdk';
import { HumanMessage } from '@langchain/core/messages';
import { ChatOllama } from '@langchain/ollama';
import { jsonSchema, generateText, stepCountIs, tool as aiTool } from 'ai';
import { Ollama } from 'ollama';
import OpenAI, { APIError } from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { API_ERRORS } from '../claude-bee/api-errors.js';
import { startClaudeBee } from '../claude-bee/claude-bee.js';
import { claude } from '../claude-bee/script.js';
import { type ClaudeWorld, type ClaudeWorldOptions, startClaudeWorld } from '../claude-bee/world.js';
import { eventually } from '../eventually.js';

const MODEL = 'claude-sonnet-4-6';
const schema = { type: 'object' as const, properties: { city: { type: 'string' } } };
const user = (content: string) => ({ role: 'user' as const, content });

async function start(options: ClaudeWorldOptions = {}) {
  const world = await startClaudeWorld(options);
  return {
    world,
    ollama: new Ollama({ host: world.url }),
    openai: new OpenAI({ baseURL: `${world.url}/v1`, apiKey: 'any', maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: world.url, apiKey: 'any', maxRetries: 0 }),
  };
}

const functionTool = (name: string) => ({
  type: 'function' as const,
  function: { name, description: '', parameters: schema },
});

/** What each process was told to do, as it describes it where no script says anything else. */
const described = (text: string | null | undefined) => Object(JSON.parse(text ?? '{}'));

/** What the only tool of a client is called on the mesh: it asks once, with text that calls nothing. */
async function meshNameOf(world: ClaudeWorld, ask: () => Promise<unknown>): Promise<string> {
  await ask();
  const tools: unknown = world.hellos.at(-1)?.['tools'];
  return String(Object(Array.isArray(tools) ? tools.at(-1) : undefined).name);
}

describe('tools', () => {
  it('of several clients at once are seen by their own model alone: openai, ollama, @anthropic-ai/sdk', async () => {
    const { ollama, openai, anthropic } = await start();
    const content = 'which tools are there?';
    const [chat, native, message, none] = await Promise.all([
      openai.chat.completions.create({
        model: MODEL,
        messages: [user(content)],
        tools: [functionTool('of_openai')],
      }),
      ollama.chat({ model: MODEL, messages: [user(content)], tools: [functionTool('of_ollama')] }),
      anthropic.messages.create({
        model: MODEL,
        max_tokens: 10_000,
        messages: [user(content)],
        tools: [{ name: 'of_anthropic', input_schema: schema }],
      }),
      ollama.chat({ model: MODEL, messages: [user(content)] }),
    ]);
    const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    expect(described(chat.choices[0]?.message.content).tools).toEqual([expect.stringMatching(/^of_openai_/)]);
    expect(described(native.message.content).tools).toEqual([expect.stringMatching(/^of_ollama_/)]);
    expect(described(text).tools).toEqual([expect.stringMatching(/^of_anthropic_/)]);
    expect(described(none.message.content).tools).toEqual([]);
  });

  it('run in a loop without a further start of a process: ai', async () => {
    const { world } = await start();
    const model = createOpenAI({ baseURL: `${world.url}/v1`, apiKey: 'any' }).chat(MODEL);
    let runs = 0;
    const look = aiTool({
      description: '',
      inputSchema: jsonSchema<object>(schema),
      execute: async () => `${++runs}C`,
    });
    const run = (prompt: string) =>
      generateText({ model, prompt, tools: { look }, stopWhen: stepCountIs(5) });
    const name = await meshNameOf(world, () => run(claude({ text: 'hi' })));
    const before = world.bee.starts.length;
    const call = { tool: { name, input: { city: 'Paris' } } };
    const { text } = await run(claude(call, call, call, { say_results: true }));
    expect(text).toContain('RESULTS ["1C","2C","3C"]');
    // A fresh sid takes two: one that does not find its session, and one that begins it.
    expect(world.bee.starts.length - before).toBe(2);
  });

  it('whose client has gone hold no process: openai', async () => {
    const { world, openai } = await start();
    const ask = (content: string) =>
      openai.chat.completions.create({
        model: MODEL,
        messages: [user(content)],
        tools: [functionTool('look')],
      });
    const name = await meshNameOf(world, () => ask(claude({ text: 'hi' })));
    const question = claude({ tool: { name } }, { text: 'never read' });
    const { choices } = await ask(question);
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    const sid = String(world.bee.prompts.at(-1)?.sid);
    expect(world.bee.process(sid).state).toBe('parked');
    // The user goes on without the tool.
    await openai.chat.completions.create({
      model: MODEL,
      messages: [user(question), { role: 'assistant', content: 'x' }, user('never mind')],
      tools: [functionTool('look')],
    });
    await eventually(() => expect(world.bee.process(sid).state).toBe('idle'));
  });
});

describe('rights', () => {
  it('are none for a chat, whose text runs no command and whose system text is the bridge’s: ollama', async () => {
    const { world, ollama } = await start();
    const { message } = await ollama.chat({ model: MODEL, messages: [user('/init and @/etc/passwd')] });
    const seen = described(message.content);
    expect(seen.disallowedTools).toEqual(expect.arrayContaining(['Bash', 'Read', 'mcp__hum']));
    expect(seen.system).toEqual(expect.stringMatching(/./));
    expect(String(world.bee.prompts[0]?.['content']).startsWith('/')).toBe(false);
  });
});

describe('what the worker does not take', () => {
  it('is refused or named, never dropped in silence: openai, ollama', async () => {
    const { openai, ollama } = await start();
    const image = `data:image/png;base64,${Buffer.from('89504e470d0a1a0a', 'hex').toString('base64')}`;
    const asked = openai.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: image } }] }],
    });
    await expect(asked).rejects.toMatchObject({ status: 400 });
    const { response } = await openai.chat.completions
      .create({ model: MODEL, messages: [user('hi')], temperature: 0.2 })
      .withResponse();
    expect(response.headers.get('x-hum-ignored')).toContain('temperature');
    expect((await ollama.show({ model: MODEL })).capabilities).not.toContain('vision');
  });

  it('includes the length of an answer, which is cut: @anthropic-ai/sdk', async () => {
    const { world, anthropic } = await start();
    const endless = claude({ text: 'one two three four ', times: 2_000, chunk: 19, delayMs: 1 });
    const message = await anthropic.messages.create({
      model: MODEL,
      max_tokens: 20,
      messages: [user(endless)],
    });
    expect(message.stop_reason).toBe('max_tokens');
    await eventually(() => expect(world.bridge.nest.cancels).toBe(1));
  });
});

describe('models', () => {
  it('have the names that clients write, and those that nobody serves say when to try again: openai, ollama', async () => {
    const { world, openai, ollama } = await start();
    expect((await ollama.list()).models[0]?.name).toContain('claude-');
    for (const model of ['claude-haiku-4.5', 'sonnet', 'claude-sonnet-4-6']) {
      const { choices, model: echoed } = await openai.chat.completions.create({
        model,
        messages: [user('hi')],
      });
      expect([echoed, described(choices[0]?.message.content).model]).toEqual([
        model,
        model.includes('haiku') ? expect.stringMatching(/^claude-haiku-4-5/) : 'claude-sonnet-4-6',
      ]);
    }
    await world.bee.close();
    await eventually(async () => {
      const asked = openai.chat.completions.create({ model: MODEL, messages: [user('hi')] });
      const error = await asked.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(APIError);
      expect(Object(error).status).toBe(503);
      expect(Object(error).headers.get('retry-after')).toMatch(/^\d+$/);
    });
  });
});

describe('failures', () => {
  it('a process that does not start is told before long: @langchain/ollama', async () => {
    const { world } = await start({ bee: { startFails: true }, config: { startTimeoutMs: 100 } });
    const model = new ChatOllama({ model: MODEL, baseUrl: world.url, maxRetries: 0 });
    await expect(model.invoke('hi')).rejects.toThrow(/has not started its model process/);
  });

  it.each([
    ['rateLimited', 429],
    ['overloaded', 529],
  ] as const)(
    'of the model’s API have their own status, streamed and whole, %s: @anthropic-ai/sdk',
    async (name, status) => {
      const { anthropic } = await start({ bee: { apiError: API_ERRORS[name] } });
      const ask = { model: MODEL, max_tokens: 100, messages: [user('hi')] };
      for (const answer of [anthropic.messages.create(ask), anthropic.messages.stream(ask).finalMessage()]) {
        const error = await Promise.resolve(answer).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(AnthropicError);
        expect(Object(error).status).toBe(status);
      }
    },
  );
});

describe('room', () => {
  it('is waited for: all of a batch of ten are answered: @langchain/ollama', async () => {
    const { world } = await start({ bee: { apiMs: 20 } });
    const model = new ChatOllama({ model: MODEL, baseUrl: world.url, maxRetries: 0 });
    const texts = Array.from({ length: 10 }, (_, index) => `answer ${index}`);
    const answers = await model.batch(texts.map((text) => [new HumanMessage(claude({ text }))]));
    expect(answers.map(({ content }) => content)).toEqual(texts);
  });

  it('is there for nine answers to one request: openai', async () => {
    const { openai } = await start();
    const { choices } = await openai.chat.completions.create({
      model: MODEL,
      n: 9,
      messages: [user(claude({ text: 'x' }))],
    });
    expect(choices.map(({ message }) => message.content)).toEqual(Array(9).fill('x'));
  });
});

describe('text and usage', () => {
  it('messages of the worker are paragraphs, and blocks of their own: openai, @anthropic-ai/sdk', async () => {
    const { openai, anthropic } = await start();
    const content = claude({ text: 'I look.' }, { message: true }, { text: 'It is there.' });
    const chat = await openai.chat.completions.create({ model: MODEL, messages: [user(content)] });
    expect(chat.choices[0]?.message.content).toBe('I look.\n\nIt is there.');
    const message = await anthropic.messages.create({
      model: MODEL,
      max_tokens: 1_000,
      messages: [user(content)],
    });
    expect(message.content.map((block) => (block.type === 'text' ? block.text : block.type))).toEqual([
      'I look.',
      'It is there.',
    ]);
    expect(message.usage.cache_creation_input_tokens).toBeGreaterThan(0);
  });
});

describe('a client that leaves', () => {
  it('before its process is up has the turn cancelled once more when it is: openai', async () => {
    const { world, openai } = await start();
    world.bee.hold('start');
    const controller = new AbortController();
    const asked = openai.chat.completions
      .create({ model: MODEL, messages: [user('hi')] }, { signal: controller.signal })
      .catch((reason: unknown) => reason);
    await eventually(() => expect(world.bee.prompts).toHaveLength(1));
    controller.abort();
    await asked;
    const cancels = () => world.sent.filter(({ chi }) => chi === 'cancel').length;
    await eventually(() => expect(cancels()).toBe(1));
    world.bee.release('start');
    await eventually(() => expect(cancels()).toBe(2));
  });
});

describe('a conversation that its worker remembers', () => {
  it('is sent whole once another worker has come, which does not know it: openai', async () => {
    const { world, openai } = await start();
    const messages: OpenAI.ChatCompletionMessageParam[] = [];
    const say = async (text: string) => {
      messages.push(user(claude({ text: `${text} heard` })));
      const { choices } = await openai.chat.completions.create(
        { model: MODEL, messages },
        { headers: { 'x-hum-session': 'mine' } },
      );
      messages.push({ role: 'assistant', content: choices[0]?.message.content ?? '' });
      return choices[0]?.message.content;
    };
    expect(await say('one')).toBe('one heard');
    expect(await say('two')).toBe('two heard');
    const sids = () => new Set(world.bee.prompts.map(({ sid }) => sid)).size;
    expect([world.bee.prompts.length, sids()]).toEqual([2, 1]);
    const other = await startClaudeBee({ socketPath: world.place.socketPath });
    onTestFinished(() => other.close());
    await eventually(() => expect(Object.keys(readBees(world))).toHaveLength(3));
    expect(await say('three')).toBe('three heard');
    const last = [...world.bee.prompts, ...other.prompts].find(({ content }) =>
      String(content).includes('three'),
    );
    expect(last?.['content']).toContain('one heard');
  });
});

function readBees({ place }: ClaudeWorld): object {
  return Object(JSON.parse(readFileSync(place.beesPath, 'utf8')));
}
