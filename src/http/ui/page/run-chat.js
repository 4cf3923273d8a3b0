/** Runs one message to its end: a request, its answer, and further requests as long as the answer asks for tools. */
import { askBridge, currentKey, messageIn } from './ask-bridge.js';
import { readLines } from './stream-lines.js';
import { watchTones } from './tone-watch.js';

/** A model that never stops calling is stopped. */
const MAX_ROUNDS = 8;

/**
 * Resolves with how it ended. Rejects with what went wrong, or with an `AbortError` when it was stopped; `conversation` has
 * grown by what was said until then.
 * @param chat `{surface, model, system, tools}`
 * @param view is shown everything: `request`, `tone`, `noTones`, `line`, `part`, `result`
 * @param answerCall resolves with the text of a call's result
 */
export async function runChat(chat, conversation, view, answerCall, signal) {
  let watch;
  try {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const requestId = `ui-${crypto.randomUUID?.() ?? randomId()}`;
      const earlier = watch;
      watch = await watchTones(requestId, view.tone, view.noTones);
      earlier?.close();
      signal.throwIfAborted();
      const answer = await askOnce(chat, conversation, requestId, view, signal);
      conversation.push({ role: 'assistant', text: answer.text, calls: answer.calls });
      if (answer.calls.length === 0) return answer.end;
      const results = [];
      for (const call of answer.calls) {
        const text = await answerCall(call);
        signal.throwIfAborted();
        view.result(call, text);
        results.push({ id: call.id, name: call.name, text });
      }
      conversation.push({ role: 'results', results });
    }
    throw new Error(`The model has called tools ${MAX_ROUNDS} times in a row.`);
  } finally {
    watch?.closeAfterLast();
  }
}

async function askOnce({ surface, ...chat }, messages, requestId, view, signal) {
  const body = JSON.stringify(surface.toBody({ ...chat, messages }), null, 2);
  const headers = { 'content-type': 'application/json', 'x-request-id': requestId };
  const shown = currentKey() === '' ? headers : { ...headers, authorization: 'Bearer (the key)' };
  view.request('POST', surface.path, shown, body);
  const answer = await askBridge(surface.path, { method: 'POST', headers, body, signal });
  view.line(`HTTP ${answer.status} ${answer.headers.get('content-type') ?? ''}`);
  if (!answer.ok) {
    const text = await answer.text();
    view.line(text);
    throw new Error(messageIn(text, answer.status));
  }
  const reader = surface.createReader();
  const said = { text: '', calls: [], end: undefined };
  await readLines(answer.body, (line) => {
    view.line(line);
    for (const part of reader.read(line)) {
      if (part.failure !== undefined) throw new Error(part.failure);
      said.text += part.text ?? '';
      if (part.call !== undefined) said.calls.push(part.call);
      said.end = part.end ?? said.end;
      view.part(part);
    }
  });
  if (said.end === undefined) throw new Error('The answer broke off.');
  return said;
}

/** Pages that came by plain HTTP from another machine have no `randomUUID`. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
