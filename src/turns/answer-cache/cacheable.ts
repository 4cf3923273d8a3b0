/** Which turns may be answered with the answer to an earlier one, and how they are told apart. */
import { createHash } from 'node:crypto';
import { foundModel } from '../../core/model.js';
import type { Part, TurnRequest } from '../../core/request.js';

/** Longer requests are not looked up: hashing them would hold up everybody else. In characters, images included. */
const MAX_CHARACTERS = 2 ** 20;

/**
 * Only what says that it wants the same answer each time (temperature 0), and what nothing but its own words goes into: no
 * tools, and no session, in which a worker remembers more than the request shows. Images count as words.
 */
export function isCacheable({ sampling, tools, sessionHint, messages, system = '' }: TurnRequest): boolean {
  if (sampling.temperature !== 0 || tools.length > 0 || sessionHint !== undefined) return false;
  let characters = system.length;
  for (const message of messages) {
    for (const part of message.content) characters += lengthOf(part);
    if (message.role === 'assistant') for (const { input } of message.toolCalls) characters += input.length;
    if (characters > MAX_CHARACTERS) return false;
  }
  return characters <= MAX_CHARACTERS;
}

/** The same for two requests of one hive, API key and model that ask the same: but for the order of keys, all counts. */
export function answerKey(hid: string, request: TurnRequest): string {
  const { caller, resolved, system, messages, sampling, format, truncate } = request;
  const asked = [
    hid,
    caller?.keyId ?? null,
    foundModel(resolved)?.target ?? request.model,
    system ?? null,
    messages,
    sampling,
    format ?? null,
    truncate,
  ];
  return createHash('sha256').update(JSON.stringify(asked, sortKeys)).digest('base64url');
}

function lengthOf(part: Part): number {
  if (part.type === 'text') return part.text.length;
  return 'data' in part ? part.data.length : part.url.length;
}

/** A replacer for `JSON.stringify`: objects with their keys in order. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
