/**
 * The `context` of `/api/generate`: a conversation that the client carries along as integers. Ollama puts tokens there; ours
 * are the conversation itself, so that it survives a restart of anything. The first integer is a mark of ours, the second
 * the number of bytes that follow; then come three bytes of UTF-8 to an integer: JSON, a list of `[role, text]`.
 */
import { z } from 'zod';
import type { Message } from '../../core/request.js';

/** `hum` in ASCII. */
const MARK = 0x68_75_6d;
const BYTES_PER_INTEGER = 3;
/** With at most nine characters to an integer the line stays below 128 KiB, where some clients give up. */
const MAX_BYTES = 32 * 1024;

const transcript = z.array(z.tuple([z.enum(['user', 'assistant']), z.string()]));

/**
 * The texts of the conversation, and the answer to it. The oldest turns are left out where it would take more than 32 KiB.
 */
export function packContext(messages: readonly Message[], answer: string): readonly number[] {
  const texts = messages.flatMap((message) => {
    const text = message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
    return message.role === 'user' || message.role === 'assistant' ? [[message.role, text] as const] : [];
  });
  const pairs = [...texts, ['assistant', answer] as const];
  let bytes = Buffer.from(JSON.stringify(pairs));
  while (bytes.length > MAX_BYTES && pairs.length > 0) {
    pairs.splice(0, 2);
    bytes = Buffer.from(JSON.stringify(pairs));
  }
  const integers = [MARK, bytes.length];
  for (let at = 0; at < bytes.length; at += BYTES_PER_INTEGER) {
    integers.push(((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0));
  }
  return integers;
}

/** The conversation in a `context`; nothing if it is not one of ours, as it is in a client that used Ollama before. */
export function unpackContext(context: readonly (number | null | undefined)[]): readonly Message[] {
  const [mark, length] = context;
  if (mark !== MARK || length == null || length > MAX_BYTES) return [];
  const packed = context.slice(2, 2 + Math.ceil(length / BYTES_PER_INTEGER)).map((integer) => integer ?? 0);
  if (length > packed.length * BYTES_PER_INTEGER) return [];
  const bytes = Buffer.from(
    packed.flatMap((value) => [(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]),
  );
  return readTranscript(bytes.subarray(0, length).toString('utf8')).map(([role, text]) =>
    role === 'user'
      ? { role, content: [{ type: 'text', text }] }
      : { role, content: [{ type: 'text', text }], toolCalls: [] },
  );
}

function readTranscript(json: string): z.output<typeof transcript> {
  try {
    return transcript.parse(JSON.parse(json));
  } catch {
    return [];
  }
}
