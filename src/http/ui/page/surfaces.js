/**
 * What a chat looks like in each API. A conversation is a list of `{role: 'user', text, images}`, `{role: 'assistant', text, calls}` and
 * `{role: 'results', results}`; an image is `{type, data}`, a call `{id, name, input}` and a result `{id, name, text}`.
 */
import { createAnthropicReader, createOllamaReader, createOpenAIReader } from './assembled-answer.js';

export const SURFACES = [
  {
    name: 'Ollama',
    path: '/api/chat',
    createReader: createOllamaReader,
    toBody: ({ model, system, messages, tools }) => ({
      model,
      stream: true,
      messages: [...(system ? [{ role: 'system', content: system }] : []), ...messages.flatMap(toOllama)],
      ...(tools.length > 0 ? { tools: tools.map(toFunction) } : {}),
    }),
  },
  {
    name: 'OpenAI',
    path: '/v1/chat/completions',
    createReader: createOpenAIReader,
    toBody: ({ model, system, messages, tools }) => ({
      model,
      stream: true,
      stream_options: { include_usage: true },
      messages: [...(system ? [{ role: 'system', content: system }] : []), ...messages.flatMap(toOpenAI)],
      ...(tools.length > 0 ? { tools: tools.map(toFunction) } : {}),
    }),
  },
  {
    name: 'Anthropic',
    path: '/v1/messages',
    createReader: createAnthropicReader,
    toBody: ({ model, system, messages, tools }) => ({
      model,
      stream: true,
      max_tokens: 4096,
      ...(system ? { system } : {}),
      messages: messages.map(toAnthropic),
      ...(tools.length > 0 ? { tools: tools.map(toAnthropicTool) } : {}),
    }),
  },
];

function toFunction({ name, description, parameters }) {
  return { type: 'function', function: { name, description, parameters } };
}

function toAnthropicTool({ name, description, parameters }) {
  return { name, description, input_schema: parameters };
}

function toOllama(message) {
  switch (message.role) {
    case 'results':
      return message.results.map(({ name, text }) => ({ role: 'tool', tool_name: name, content: text }));
    case 'assistant': {
      const calls = message.calls.map(({ name, input }) => ({ function: { name, arguments: input } }));
      return [
        { role: 'assistant', content: message.text, ...(calls.length > 0 ? { tool_calls: calls } : {}) },
      ];
    }
    default:
      return [{ role: 'user', content: message.text, ...toOllamaImages(message.images) }];
  }
}

function toOpenAI(message) {
  switch (message.role) {
    case 'results':
      return message.results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text }));
    case 'assistant': {
      const calls = message.calls.map(({ id, name, input }) => ({
        id,
        type: 'function',
        function: { name, arguments: JSON.stringify(input) },
      }));
      return [
        { role: 'assistant', content: message.text, ...(calls.length > 0 ? { tool_calls: calls } : {}) },
      ];
    }
    default:
      return [{ role: 'user', content: withImages(message, toOpenAIImage) }];
  }
}

function toAnthropic(message) {
  switch (message.role) {
    case 'results': {
      const content = message.results.map(({ id, text }) => ({
        type: 'tool_result',
        tool_use_id: id,
        content: text,
      }));
      return { role: 'user', content };
    }
    case 'assistant': {
      const calls = message.calls.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input }));
      const text = message.text === '' ? [] : [{ type: 'text', text: message.text }];
      return { role: 'assistant', content: [...text, ...calls] };
    }
    default:
      return { role: 'user', content: withImages(message, toAnthropicImage) };
  }
}

function toOllamaImages(images) {
  return images.length > 0 ? { images: images.map(({ data }) => data) } : {};
}

/** The text alone, or parts with the images before it. */
function withImages({ text, images }, toPart) {
  return images.length === 0 ? text : [...images.map(toPart), { type: 'text', text }];
}

function toOpenAIImage({ type, data }) {
  return { type: 'image_url', image_url: { url: `data:${type};base64,${data}` } };
}

function toAnthropicImage({ type, data }) {
  return { type: 'image', source: { type: 'base64', media_type: type, data } };
}
