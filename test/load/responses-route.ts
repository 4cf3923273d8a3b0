/** `/v1/responses`. */
import { at, listAt, textAt } from './json-path.js';
import { MODEL, TOOL } from './numbered-worker.js';
import { type GivenCall, joinReadings, type LoadRoute, type Question, type Reading } from './route.js';

const TOOL_SCHEMA = { type: 'object', properties: { id: { type: 'string' } } };
const NOTHING: Reading = { text: '', calls: [], ends: 0, errors: 0 };

export const openaiResponses: LoadRoute = {
  path: '/v1/responses',
  canCallTools: true,
  endMark: '"type":"response.completed"',
  toBody: ({ content, stream, withTool, results }) => ({
    model: MODEL,
    stream,
    store: false,
    input: [{ role: 'user', content }, ...(results ? toItems(results) : [])],
    ...(withTool && { tools: [{ type: 'function', name: TOOL, parameters: TOOL_SCHEMA, strict: false }] }),
  }),
  readWhole: (body) => ({ ...readOutput(body), ends: at(body, 'status') === 'completed' ? 1 : 0 }),
  readStream: (frames) => joinReadings(frames.map(readEvent)),
};

function toItems({ calls, output }: NonNullable<Question['results']>) {
  return calls.flatMap(({ id, name, args }) => [
    { type: 'function_call', call_id: id, name, arguments: JSON.stringify(args) },
    { type: 'function_call_output', call_id: id, output },
  ]);
}

function readEvent(event: unknown): Reading {
  switch (at(event, 'type')) {
    case 'response.output_text.delta':
      return { ...NOTHING, text: textAt(event, 'delta') };
    case 'response.completed':
      return { ...NOTHING, calls: readOutput(at(event, 'response')).calls, ends: 1 };
    case 'response.failed':
    case 'error':
      return { ...NOTHING, errors: 1 };
    default:
      return NOTHING;
  }
}

function readOutput(response: unknown): Reading {
  const output = listAt(response, 'output');
  const parts = output.flatMap((item) => listAt(item, 'content'));
  const calls = output.filter((item) => at(item, 'type') === 'function_call').map(toCall);
  return { ...NOTHING, text: parts.map((part) => textAt(part, 'text')).join(''), calls };
}

function toCall(item: unknown): GivenCall {
  const args: unknown = JSON.parse(textAt(item, 'arguments') || '{}');
  return { id: textAt(item, 'call_id'), name: textAt(item, 'name'), args };
}
