/** `/api/chat` and `/api/generate`. */
import { at, listAt, textAt } from './json-path.js';
import { MODEL, TOOL } from './numbered-worker.js';
import { type GivenCall, joinReadings, type LoadRoute, type Question, type Reading } from './route.js';

const TOOL_SCHEMA = { type: 'object', properties: { id: { type: 'string' } } };

export const ollamaChat: LoadRoute = {
  path: '/api/chat',
  canCallTools: true,
  endMark: '"done":true',
  toBody: ({ content, stream, withTool, results }) => ({
    model: MODEL,
    stream,
    messages: [{ role: 'user', content }, ...(results ? toMessages(results) : [])],
    ...(withTool && { tools: [{ type: 'function', function: { name: TOOL, parameters: TOOL_SCHEMA } }] }),
  }),
  readWhole: readChat,
  readStream: (frames) => joinReadings(frames.map(readChat)),
};

export const ollamaGenerate: LoadRoute = {
  path: '/api/generate',
  canCallTools: false,
  endMark: '"done":true',
  toBody: ({ content, stream }) => ({ model: MODEL, stream, prompt: content }),
  readWhole: readGenerate,
  readStream: (frames) => joinReadings(frames.map(readGenerate)),
};

/** Ollama's clients bring no call ids. */
function toMessages({ calls, output }: NonNullable<Question['results']>) {
  const called = calls.map(({ name, args }) => ({ function: { name, arguments: args } }));
  return [
    { role: 'assistant', content: '', tool_calls: called },
    ...calls.map(({ name }) => ({ role: 'tool', tool_name: name, content: output })),
  ];
}

/** A line of the stream and a whole answer look alike. */
function readChat(line: unknown): Reading {
  return { ...readEnd(line), text: textAt(line, 'message', 'content'), calls: readCalls(line) };
}

function readCalls(line: unknown): GivenCall[] {
  return listAt(line, 'message', 'tool_calls').map((call) => ({
    id: '',
    name: textAt(call, 'function', 'name'),
    args: at(call, 'function', 'arguments'),
  }));
}

function readGenerate(line: unknown): Reading {
  return { ...readEnd(line), text: textAt(line, 'response'), calls: [] };
}

function readEnd(line: unknown): Pick<Reading, 'ends' | 'errors'> {
  return { ends: at(line, 'done') === true ? 1 : 0, errors: at(line, 'error') === undefined ? 0 : 1 };
}
