/** One loop of a tool as a client of each surface has it: a question, the call in the answer, and the request that brings the result. */

type Json = Readonly<Record<string, unknown>>;

export interface LoopSurface {
  readonly name: string;
  readonly path: string;
  /** The body of a question that brings the tool `look`. */
  ask(text: string, stream: boolean): Json;
  /** The ids of the calls in a whole answer. */
  callIds(answer: unknown): readonly string[];
  /** The body that brings the result of the call that `answer`, to `question`, has; `id` stands in for the call's own. */
  bring(question: Json, answer: unknown, output: string, id?: string): Json;
  /** The text of a whole answer. */
  text(answer: unknown): string;
}

const parameters = { type: 'object', properties: {} };
const asFunction = { type: 'function', function: { name: 'look', parameters } };

function list(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value : [];
}

const ollama: LoopSurface = {
  name: 'ollama',
  path: '/api/chat',
  ask: (text, stream) => ({
    model: 'scripted',
    stream,
    messages: [{ role: 'user', content: text }],
    tools: [asFunction],
  }),
  callIds: (answer) => list(Object(answer).message?.tool_calls).map(({ id }) => String(id)),
  bring: (question, answer, output, id) => {
    const { message } = Object(answer);
    const calls = list(message.tool_calls).map((call) => ({ ...call, id: id ?? call['id'] }));
    const result = { role: 'tool', content: output, tool_call_id: calls[0]?.id };
    return {
      ...question,
      messages: [...list(question['messages']), { ...message, tool_calls: calls }, result],
    };
  },
  text: (answer) => String(Object(answer).message?.content),
};

const chat: LoopSurface = {
  name: 'chat completions',
  path: '/v1/chat/completions',
  ask: ollama.ask,
  callIds: (answer) =>
    list(Object(list(Object(answer).choices)[0]?.['message']).tool_calls).map(({ id }) => String(id)),
  bring: (question, answer, output, id) => {
    const message = Object(list(Object(answer).choices)[0]?.['message']);
    const calls = list(message.tool_calls).map((call) => ({ ...call, id: id ?? call['id'] }));
    const result = { role: 'tool', content: output, tool_call_id: calls[0]?.id };
    return {
      ...question,
      messages: [...list(question['messages']), { ...message, tool_calls: calls }, result],
    };
  },
  text: (answer) => String(Object(list(Object(answer).choices)[0]?.['message']).content),
};

const responses: LoopSurface = {
  name: 'responses',
  path: '/v1/responses',
  ask: (text, stream) => ({
    model: 'scripted',
    stream,
    store: false,
    input: [{ role: 'user', content: text }],
    tools: [{ type: 'function', name: 'look', parameters }],
  }),
  callIds: (answer) =>
    list(Object(answer).output).flatMap(({ type, call_id }) =>
      type === 'function_call' ? [String(call_id)] : [],
    ),
  bring: (question, answer, output, id) => {
    const items = list(Object(answer).output).map((item) =>
      item['type'] === 'function_call' ? { ...item, call_id: id ?? item['call_id'] } : item,
    );
    const callId = items.find(({ type }) => type === 'function_call')?.['call_id'];
    return {
      ...question,
      input: [
        ...list(question['input']),
        ...items,
        { type: 'function_call_output', call_id: callId, output },
      ],
    };
  },
  text: (answer) =>
    list(Object(answer).output)
      .flatMap(({ content }) => list(content).map(({ text }) => String(text)))
      .join(''),
};

const messages: LoopSurface = {
  name: 'messages',
  path: '/v1/messages',
  ask: (text, stream) => ({
    model: 'scripted',
    stream,
    max_tokens: 100,
    messages: [{ role: 'user', content: text }],
    tools: [{ name: 'look', input_schema: parameters }],
  }),
  callIds: (answer) =>
    list(Object(answer).content).flatMap(({ type, id }) => (type === 'tool_use' ? [String(id)] : [])),
  bring: (question, answer, output, id) => {
    const content = list(Object(answer).content).map((block) =>
      block['type'] === 'tool_use' ? { ...block, id: id ?? block['id'] } : block,
    );
    const callId = content.find(({ type }) => type === 'tool_use')?.['id'];
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: callId, content: output }] };
    return {
      ...question,
      messages: [...list(question['messages']), { role: 'assistant', content }, result],
    };
  },
  text: (answer) =>
    list(Object(answer).content)
      .map(({ text }) => String(text ?? ''))
      .join(''),
};

export const LOOP_SURFACES: readonly LoopSurface[] = [ollama, chat, responses, messages];
