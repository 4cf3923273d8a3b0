/**
 * Conversations that real clients hold as their documentation says: from the second turn on hum's worker for Claude Code is sent the news
 * alone, in the process that knows the rest, though no client here names its conversation. What a client sends back of an answer (its
 * thoughts, ids, empty content) is the client's own affair.
 */
import Anthropic from '@anthropic-ai/sdk';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { ChatOllama } from '@langchain/ollama';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, type LanguageModel, type ModelMessage, stepCountIs, streamText, tool } from 'ai';
import { createOllama as createOllamaJsProvider } from 'ai-sdk-ollama';
import { createOllama as createFetchProvider } from 'ollama-ai-provider-v2';
import { type Message as OllamaMessage, Ollama } from 'ollama';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { claude, type StepInput } from '../claude-bee/script.js';
import { type ClaudeWorld, startClaudeWorld } from '../claude-bee/world.js';

const MODEL = 'claude-sonnet-4-6';
const SYSTEM = 'be kind';
const LOOK = {
  name: 'look',
  description: 'Looks it up',
  parameters: { type: 'object', properties: {} },
} as const;
const FOUND = 'found it';

/** One conversation: `say` sends the whole history as the client keeps it, answers calls of `look`, and resolves with the last text. */
interface Conversation {
  say(text: string): Promise<string>;
}

interface Client {
  readonly name: string;
  /** @param hasTool true: every turn offers `look` */
  begin(url: string, hasTool: boolean): Conversation;
}

const ollama: Client = {
  name: 'ollama',
  begin: (host, hasTool) => {
    const client = new Ollama({ host });
    const messages: OllamaMessage[] = [{ role: 'system', content: SYSTEM }];
    const tools = hasTool
      ? [{ type: 'function', function: { ...LOOK, parameters: { type: 'object', properties: {} } } }]
      : [];
    const go = async (): Promise<string> => {
      const { message } = await client.chat({
        model: MODEL,
        messages,
        stream: false,
        ...(hasTool ? { tools } : {}),
      });
      messages.push(message);
      if ((message.tool_calls ?? []).length === 0) return message.content;
      for (const call of message.tool_calls ?? [])
        messages.push({ role: 'tool', content: FOUND, tool_name: call.function.name });
      return go();
    };
    return {
      say: (content) => {
        messages.push({ role: 'user', content });
        return go();
      },
    };
  },
};

const langchain = (name: string, create: (url: string) => ChatOllama | ChatOpenAI): Client => ({
  name,
  begin: (url, hasTool) => {
    const bare = create(url);
    const model = hasTool ? bare.bindTools([{ type: 'function', function: LOOK }]) : bare;
    const messages: BaseMessage[] = [new SystemMessage(SYSTEM)];
    const go = async (): Promise<string> => {
      const answer = await model.invoke(messages);
      messages.push(answer);
      const calls = AIMessage.isInstance(answer) ? (answer.tool_calls ?? []) : [];
      if (calls.length === 0) return answer.text;
      for (const call of calls)
        messages.push(new ToolMessage({ content: FOUND, tool_call_id: call.id ?? '', name: call.name }));
      return go();
    };
    return {
      say: (text) => {
        messages.push(new HumanMessage(text));
        return go();
      },
    };
  },
});

const openaiChat: Client = {
  name: 'openai, chat',
  begin: (url, hasTool) => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'system', content: SYSTEM }];
    const tools = hasTool ? { tools: [{ type: 'function', function: LOOK } as const] } : {};
    const go = async (): Promise<string> => {
      const { choices } = await client.chat.completions.create({ model: MODEL, messages, ...tools });
      const message = choices[0]?.message;
      if (message === undefined) return expect.fail('no answer');
      messages.push(message);
      if ((message.tool_calls ?? []).length === 0) return message.content ?? '';
      for (const { id } of message.tool_calls ?? [])
        messages.push({ role: 'tool', tool_call_id: id, content: FOUND });
      return go();
    };
    return {
      say: (content) => {
        messages.push({ role: 'user', content });
        return go();
      },
    };
  },
};

const openaiResponses = (name: string, isChain: boolean): Client => ({
  name,
  begin: (url, hasTool) => {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
    const input: OpenAI.Responses.ResponseInputItem[] = [];
    const tools = hasTool ? { tools: [{ type: 'function', strict: false, ...LOOK } as const] } : {};
    let previous: string | undefined;
    const go = async (news: readonly OpenAI.Responses.ResponseInputItem[]): Promise<string> => {
      input.push(...news);
      const response = await client.responses.create({
        model: MODEL,
        instructions: SYSTEM,
        input: isChain ? [...news] : input,
        ...(isChain && previous !== undefined ? { previous_response_id: previous } : {}),
        ...tools,
      });
      previous = response.id;
      input.push(...response.output.flatMap((item) => (isSentBack(item) ? [item] : [])));
      const calls = response.output.filter((item) => item.type === 'function_call');
      if (calls.length === 0) return response.output_text;
      return go(calls.map(({ call_id }) => ({ type: 'function_call_output', call_id, output: FOUND })));
    };
    return { say: (content) => go([{ role: 'user', content }]) };
  },
});

function isSentBack(
  item: OpenAI.Responses.ResponseOutputItem,
): item is OpenAI.Responses.ResponseOutputMessage | OpenAI.Responses.ResponseFunctionToolCall {
  return item.type === 'message' || item.type === 'function_call';
}

const anthropic: Client = {
  name: '@anthropic-ai/sdk',
  begin: (baseURL, hasTool) => {
    const client = new Anthropic({ baseURL, apiKey: 'any', maxRetries: 0 });
    const messages: Anthropic.MessageParam[] = [];
    const { parameters: input_schema, ...named } = LOOK;
    const tools = hasTool ? { tools: [{ ...named, input_schema: { ...input_schema } }] } : {};
    const go = async (): Promise<string> => {
      const { content } = await client.messages.create({
        model: MODEL,
        max_tokens: 1_000,
        system: SYSTEM,
        messages,
        ...tools,
      });
      messages.push({ role: 'assistant', content });
      const calls = content.filter((block) => block.type === 'tool_use');
      if (calls.length === 0)
        return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      const results = calls.map(({ id }) => ({
        type: 'tool_result' as const,
        tool_use_id: id,
        content: FOUND,
      }));
      messages.push({ role: 'user', content: results });
      return go();
    };
    return {
      say: (content) => {
        messages.push({ role: 'user', content });
        return go();
      },
    };
  },
};

const aiSdk = (name: string, create: (url: string) => LanguageModel): Client => ({
  name: `ai, ${name}`,
  begin: (url, hasTool) => {
    const model = create(url);
    const messages: ModelMessage[] = [];
    const look = tool({
      description: LOOK.description,
      inputSchema: z.object({}),
      execute: async () => FOUND,
    });
    const tools = hasTool ? { tools: { look }, stopWhen: stepCountIs(5) } : {};
    return {
      say: async (content) => {
        messages.push({ role: 'user', content });
        const asked = { model, system: SYSTEM, messages, maxRetries: 0, ...tools };
        if (hasTool) {
          const { response, text } = await generateText(asked);
          messages.push(...response.messages);
          return text;
        }
        const streamed = streamText(asked);
        const text = await streamed.text;
        messages.push(...(await streamed.response).messages);
        return text;
      },
    };
  },
});

const openaiProvider = (url: string) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any' });

const CLIENTS: readonly Client[] = [
  ollama,
  langchain('@langchain/ollama', (baseUrl) => new ChatOllama({ model: MODEL, baseUrl })),
  langchain(
    '@langchain/openai',
    (url) => new ChatOpenAI({ model: MODEL, apiKey: 'any', configuration: { baseURL: `${url}/v1` } }),
  ),
  openaiChat,
  openaiResponses('openai, responses with the whole history', false),
  openaiResponses('openai, responses by previous_response_id', true),
  anthropic,
  aiSdk('ollama-ai-provider-v2', (url) => createFetchProvider({ baseURL: `${url}/api` })(MODEL)),
  aiSdk('ai-sdk-ollama', (url) => createOllamaJsProvider({ baseURL: url })(MODEL)),
  aiSdk('@ai-sdk/openai, chat', (url) => openaiProvider(url).chat(MODEL)),
  aiSdk('@ai-sdk/openai, responses', (url) => openaiProvider(url)(MODEL)),
  aiSdk('@ai-sdk/anthropic', (url) => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'any' })(MODEL)),
  aiSdk('@ai-sdk/openai-compatible', (url) =>
    createOpenAICompatible({ name: 'hum', baseURL: `${url}/v1` }).chatModel(MODEL),
  ),
];

/** What the worker was sent, without the mark that keeps a user's text from the commands of its process. */
const contents = ({ sent }: ClaudeWorld) =>
  sent.filter(({ chi }) => chi === 'prompt').map((tone) => String(tone['content']).replaceAll('\u034f', ''));
const sids = ({ sent }: ClaudeWorld) =>
  new Set(sent.filter(({ chi }) => chi === 'prompt').map(({ sid }) => sid));

/** What the tool of the last request is called on the mesh. */
function lastDeclared({ hellos }: ClaudeWorld): string {
  const tools: unknown = hellos.at(-1)?.['tools'];
  return String(Object(Array.isArray(tools) ? tools.at(-1) : undefined)['name']);
}

const two = claude({ text: 'second' });
const three = claude({ text: 'third' });

describe.each(CLIENTS)('$name', ({ begin }) => {
  it.each<[string, readonly StepInput[]]>([
    ['a text', [{ text: 'first, long enough for several deltas of it' }]],
    ['a thought and a text', [{ think: 'well' }, { text: 'first' }]],
    ['a text with white space at its ends', [{ text: '\n first \n\n' }]],
    ['a text of several paragraphs', [{ text: 'first\n\n\nsecond line\n  third' }]],
    ['two messages', [{ text: 'first' }, { message: true }, { text: 'second' }]],
  ])('sends the news alone after %s', async (_, steps) => {
    const world = await startClaudeWorld();
    const conversation = begin(world.url, false);
    const one = claude(...steps);
    await conversation.say(one);
    const { length } = world.bee.starts;
    expect(await conversation.say(two)).toBe('second');
    expect(await conversation.say(three)).toBe('third');
    expect(contents(world)).toEqual([one, two, three]);
    expect(sids(world).size).toBe(1);
    expect(world.bee.starts).toHaveLength(length);
  });

  it('answers calls of its tool in the same process, and sends the news alone after them', async () => {
    const world = await startClaudeWorld();
    await begin(world.url, true).say(claude({ text: 'hi' }));
    const name = lastDeclared(world);
    const probes = contents(world).length;
    const conversation = begin(world.url, true);
    const one = claude({ text: 'Looking.' }, { tool: { name, input: {} } }, { say_results: true });
    expect(await conversation.say(one)).toContain(FOUND);
    const { length } = world.bee.starts;
    expect(await conversation.say(two)).toBe('second');
    expect(contents(world).slice(probes)).toEqual([one, two]);
    expect(world.bee.starts).toHaveLength(length);
  });
});
