/** Runs one message to its end: a request, its answer, and further requests as long as the answer asks for tools. */
import { askBridge, currentKey, messageIn } from './ask-bridge.js';
import { readLines } from './stream-lines.js';
import { watchTones } from './tone-watch.js';

/** A model that never stops calling is stopped. */
const MAX_ROUNDS = 8;

/**
 * Resolves with how it ended: `{end, tokens, asked, firstMs, totalMs}`, of the last answer. Rejects with what went wrong, or with an `AbortError` when it was stopped; `conversation` has
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
      if (answer.calls.length === 0) return answer;
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
  const body = surface.toBody({ ...chat, messages });
  const headers = { 'content-type': 'application/json', 'x-request-id': requestId };
  view.request({ method: 'POST', path: surface.path, headers, body, hasKey: currentKey() !== '' });
  const startedAt = performance.now();
  const sent = JSON.stringify(body);
  const answer = await askBridge(surface.path, { method: 'POST', headers, body: sent, signal });
  view.line(`HTTP ${answer.status} ${answer.headers.get('content-type') ?? ''}`);
  if (!answer.ok) {
    const text = await answer.text();
    view.line(text);
    throw new Error(messageIn(text, answer.status));
  }
  const reader = surface.createReader();
  const said = { text: '', calls: [], end: undefined, firstMs: undefined };
  await readLines(answer.body, (line) => {
    view.line(line);
    for (const part of reader.read(line)) {
      if (part.failure !== undefined) throw new Error(part.failure);
      if (part.text || part.reasoning || part.call !== undefined)
        said.firstMs ??= performance.now() - startedAt;
      said.text += part.text ?? '';
      if (part.call !== undefined) said.calls.push(part.call);
      if (part.end !== undefined)
        Object.assign(said, { end: part.end, tokens: part.tokens, asked: part.asked });
      view.part(part);
    }
  });
  if (said.end === undefined) throw new Error('The answer broke off.');
  return { ...said, totalMs: performance.now() - startedAt };
}

/** Pages that came by plain HTTP from another machine have no `randomUUID`. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
