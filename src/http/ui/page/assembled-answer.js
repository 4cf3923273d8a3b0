/**
 * Puts a streamed answer together from its lines. A reader's `read(line)` gives what the line adds, any of `{text, reasoning,
 * call, end, failure}`; the calls are whole. What has an `end` may have the `tokens` of the answer, and `asked`, those of all before it.
 */

const DATA = 'data: ';

export function createOllamaReader() {
  let calls = 0;
  return {
    read(line) {
      if (line === '') return [];
      const {
        message = {},
        done,
        done_reason: reason,
        error,
        eval_count: tokens,
        prompt_eval_count: asked,
      } = JSON.parse(line);
      if (error !== undefined) return [{ failure: error }];
      const given = (message.tool_calls ?? []).map(({ id, function: { name, arguments: input } }) => ({
        call: { id: id ?? `call_${calls++}`, name, input },
      }));
      return [
        { text: message.content ?? '', reasoning: message.thinking ?? '' },
        ...given,
        ...(done ? [{ end: `${reason}, ${tokens} tokens`, tokens, asked }] : []),
      ];
    },
  };
}

export function createOpenAIReader() {
  const calls = [];
  let reason;
  let tokens;
  let asked;
  const readChunk = ({ choices: [choice] = [], usage, error }) => {
    if (error !== undefined) return [{ failure: error.message }];
    tokens = usage?.completion_tokens ?? tokens;
    asked = usage?.prompt_tokens ?? asked;
    const { delta = {}, finish_reason: given } = choice ?? {};
    reason = given ?? reason;
    for (const { index, id, function: called } of delta.tool_calls ?? []) {
      calls[index] ??= { id, name: '', input: '' };
      calls[index].name += called?.name ?? '';
      calls[index].input += called?.arguments ?? '';
    }
    return [{ text: delta.content ?? '', reasoning: delta.reasoning_content ?? '' }];
  };
  return {
    read(line) {
      if (!line.startsWith(DATA)) return [];
      const data = line.slice(DATA.length);
      if (data !== '[DONE]') return readChunk(JSON.parse(data));
      const whole = calls.map(({ id, name, input }) => ({ call: { id, name, input: toInput(input) } }));
      return [...whole, { end: `${reason}, ${tokens} tokens`, tokens, asked }];
    },
  };
}

export function createAnthropicReader() {
  const blocks = new Map();
  let reason;
  let tokens;
  let asked;
  const readEvent = (event) => {
    switch (event.type) {
      case 'message_start':
        asked = event.message?.usage?.input_tokens;
        return [];
      case 'content_block_start':
        blocks.set(event.index, { ...event.content_block, json: '' });
        return [];
      case 'content_block_delta': {
        const { text = '', thinking = '', partial_json: json = '' } = event.delta;
        blocks.get(event.index).json += json;
        return [{ text, reasoning: thinking }];
      }
      case 'content_block_stop': {
        const { type, id, name, json } = blocks.get(event.index);
        return type === 'tool_use' ? [{ call: { id, name, input: toInput(json) } }] : [];
      }
      case 'message_delta':
        reason = event.delta.stop_reason;
        tokens = event.usage?.output_tokens;
        asked = event.usage?.input_tokens ?? asked;
        return [];
      case 'message_stop':
        return [{ end: `${reason}, ${tokens} tokens`, tokens, asked }];
      case 'error':
        return [{ failure: event.error.message }];
      default:
        return [];
    }
  };
  return {
    read: (line) => (line.startsWith(DATA) ? readEvent(JSON.parse(line.slice(DATA.length))) : []),
  };
}

/** Models write the arguments, and not always well. */
function toInput(json) {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}
