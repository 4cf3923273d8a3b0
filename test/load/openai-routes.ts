/** `/v1/chat/completions` and `/v1/completions`. */
import { at, listAt, textAt } from './json-path.js';
import { MODEL, TOOL } from './numbered-worker.js';
import { type GivenCall, joinReadings, type LoadRoute, type Question, type Reading } from './route.js';

const DONE = '[DONE]';
const TOOL_SCHEMA = { type: 'object', properties: { id: { type: 'string' } } };

export const openaiChat: LoadRoute = {
  path: '/v1/chat/completions',
  canCallTools: true,
  endMark: DONE,
  toBody: ({ content, stream, withTool, results }) => ({
    model: MODEL,
    stream,
    messages: [{ role: 'user', content }, ...(results ? toMessages(results) : [])],
    ...(withTool && { tools: [{ type: 'function', function: { name: TOOL, parameters: TOOL_SCHEMA } }] }),
  }),
  readWhole: (body) => readChoice(body, 'message', 'content'),
  readStream: (frames) => readDone(frames, (frame) => readChoice(frame, 'delta', 'content')),
};

export const openaiCompletion: LoadRoute = {
  path: '/v1/completions',
  canCallTools: false,
  endMark: DONE,
  toBody: ({ content, stream }) => ({ model: MODEL, stream, prompt: content }),
  readWhole: (body) => readChoice(body, 'text'),
  readStream: (frames) => readDone(frames, (frame) => readChoice(frame, 'text')),
};

function toMessages({ calls, output }: NonNullable<Question['results']>) {
  const called = calls.map(({ id, name, args }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }));
  return [
    { role: 'assistant', content: null, tool_calls: called },
    ...calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: output })),
  ];
}

function readChoice(frame: unknown, ...textPath: readonly string[]): Reading {
  const choice = at(frame, 'choices', 0);
  const calls = [...listAt(choice, 'delta', 'tool_calls'), ...listAt(choice, 'message', 'tool_calls')];
  return {
    text: textAt(choice, ...textPath),
    calls: calls.map(toCall),
    ends: textAt(choice, 'finish_reason') === '' ? 0 : 1,
    errors: at(frame, 'error') === undefined ? 0 : 1,
  };
}

/** The bridge gives a call with all its arguments at once. */
function toCall(call: unknown): GivenCall {
  const args = textAt(call, 'function', 'arguments');
  return { id: textAt(call, 'id'), name: textAt(call, 'function', 'name'), args: JSON.parse(args || '{}') };
}

/** A finish reason is an end only together with the one `[DONE]` behind everything else. */
function readDone(frames: readonly unknown[], read: (frame: unknown) => Reading): Reading {
  const reading = joinReadings(frames.map(read));
  const isDone = frames.filter((frame) => frame === DONE).length === 1 && frames.at(-1) === DONE;
  return isDone || reading.errors > 0 ? reading : { ...reading, ends: 0 };
}
