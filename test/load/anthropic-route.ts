/** `/v1/messages`. */
import { at, listAt, textAt } from './json-path.js';
import { MODEL, TOOL } from './numbered-worker.js';
import type { GivenCall, LoadRoute, Question, Reading } from './route.js';

const TOOL_SCHEMA = { type: 'object', properties: { id: { type: 'string' } } };

export const anthropicMessages: LoadRoute = {
  path: '/v1/messages',
  canCallTools: true,
  endMark: '"type":"message_stop"',
  toBody: ({ content, stream, withTool, results }) => ({
    model: MODEL,
    stream,
    max_tokens: 100_000,
    messages: [{ role: 'user', content }, ...(results ? toMessages(results) : [])],
    ...(withTool && { tools: [{ name: TOOL, input_schema: TOOL_SCHEMA }] }),
  }),
  readWhole: (body) => {
    const content = listAt(body, 'content');
    const calls = content.filter((block) => at(block, 'type') === 'tool_use');
    return {
      text: content.map((block) => textAt(block, 'text')).join(''),
      calls: calls.map((block) => toCall(block, at(block, 'input'))),
      ends: textAt(body, 'stop_reason') === '' ? 0 : 1,
      errors: at(body, 'error') === undefined ? 0 : 1,
    };
  },
  readStream,
};

function toMessages({ calls, output }: NonNullable<Question['results']>) {
  const used = calls.map(({ id, name, args }) => ({ type: 'tool_use', id, name, input: args }));
  const results = calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: output }));
  return [
    { role: 'assistant', content: used },
    { role: 'user', content: results },
  ];
}

/** The input of a call comes as pieces of JSON text behind the block that names it. */
function readStream(frames: readonly unknown[]): Reading {
  let text = '';
  let ends = 0;
  let errors = 0;
  const blocks = new Map<unknown, { block: unknown; json: string }>();
  for (const frame of frames) {
    const type = at(frame, 'type');
    if (type === 'content_block_start' && at(frame, 'content_block', 'type') === 'tool_use') {
      blocks.set(at(frame, 'index'), { block: at(frame, 'content_block'), json: '' });
    }
    text += textAt(frame, 'delta', 'text');
    const open = blocks.get(at(frame, 'index'));
    if (open) open.json += textAt(frame, 'delta', 'partial_json');
    if (type === 'message_stop') ends++;
    if (type === 'error') errors++;
  }
  const calls = [...blocks.values()].map(({ block, json }) => toCall(block, JSON.parse(json || '{}')));
  return { text, calls, ends, errors };
}

function toCall(block: unknown, args: unknown): GivenCall {
  return { id: textAt(block, 'id'), name: textAt(block, 'name'), args };
}
