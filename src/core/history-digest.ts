/** Fingerprints of messages, by which a later request is recognised as the continuation of an earlier one. */
import { createHash } from 'node:crypto';
import type { Message, Part, ToolCall } from './request.js';

/**
 * A digest for each prefix of `messages`: the first is that of no message at all, the last that of all of them. Ids and
 * names of tools are left out, because clients lose and rename them; arguments count by their value. In an answer blank lines
 * count as line ends: what separates its messages comes back as blocks where it was given in blocks.
 */
export function chainDigests(messages: readonly Message[]): readonly string[] {
  let digest = '';
  const digests = [digest];
  for (const message of messages) {
    digest = extendChain(digest, message);
    digests.push(digest);
  }
  return digests;
}

/** The digest of messages with one more behind them. @param digest theirs */
export function extendChain(digest: string, message: Message): string {
  return digestOf([digest, ...canonical(message)]);
}

/** A digest of what stands before an assistant's calls, and of the calls themselves. */
export function callsDigest(prefix: string, calls: readonly Pick<ToolCall, 'name' | 'input'>[]): string {
  return digestOf([prefix, ...calls.map(canonicalCall)]);
}

function canonical(message: Message): readonly unknown[] {
  const content = message.content.map(canonicalPart);
  const joined = content.filter((part) => typeof part === 'string').join('\n');
  const text = message.role === 'assistant' ? joined.replace(/\n{2,}/g, '\n') : joined;
  const images = content.filter((part) => typeof part !== 'string');
  const calls = message.role === 'assistant' ? message.toolCalls.map(canonicalCall) : [];
  return [message.role, text, images, calls];
}

function canonicalPart(part: Part): unknown {
  if (part.type === 'text') return part.text;
  return 'data' in part ? [part.mediaType, part.data] : [part.mediaType, part.url];
}

function canonicalCall({ name, input }: Pick<ToolCall, 'name' | 'input'>): unknown {
  return [name, canonicalJson(input)];
}

/** The value of JSON text with its keys in order; text that is no JSON stays text. */
function canonicalJson(text: string): unknown {
  try {
    return sortKeys(JSON.parse(text === '' ? '{}' : text));
  } catch {
    return text;
  }
}

function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([key, child]) => [key, sortKeys(child)]);
}

export function digestOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}
