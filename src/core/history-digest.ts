/** Fingerprints of messages, by which a later request is recognised as the continuation of an earlier one. */
import { createHash } from 'node:crypto';
import type { AssistantMessage, Message, Part, ToolCall, ToolMessage } from './request.js';

/**
 * A digest for each prefix of `messages`: the first is that of no message at all, the last that of all of them. What clients change when
 * they send a conversation back, and what means nothing, is left out: ids and names of tools, empty parts and messages, whether one
 * answer comes as one message or several, as one part or several, and white space at the ends of an answer. Arguments count by their value,
 * and results by the place of their call.
 */
export function chainDigests(messages: readonly Message[]): readonly string[] {
  const digests = [''];
  let chain = EMPTY;
  for (const message of messages) {
    chain = extend(chain, message);
    digests.push(chain.digest);
  }
  return digests;
}

/** The digest of `messages` with one more behind them. @param digests those of `messages`, as `chainDigests` makes them */
export function digestWith(digests: readonly string[], messages: readonly Message[], next: Message): string {
  const start = messages.findLastIndex((message) => message.role !== 'assistant') + 1;
  let chain: Chain = { ...EMPTY, digest: digests[start] ?? '' };
  for (const message of [...messages.slice(start), next]) chain = extend(chain, message);
  return chain.digest;
}

/** A digest, and what is needed to add to the answer that its messages end with. */
interface Chain {
  readonly digest: string;
  /** The digest before that answer. */
  readonly before: string;
  readonly answer: Answer | undefined;
  /** Of the last answer's calls, in their order. */
  readonly callIds: readonly (string | undefined)[];
  /** How many results have come behind it. */
  readonly results: number;
}

interface Answer {
  readonly text: string;
  readonly others: readonly unknown[];
  readonly calls: readonly unknown[];
}

const EMPTY: Chain = { digest: '', before: '', answer: undefined, callIds: [], results: 0 };

function extend(chain: Chain, message: Message): Chain {
  if (message.role !== 'assistant') {
    const { texts, others } = canonicalContent(message.content);
    if (message.role !== 'tool' && texts.length === 0 && others.length === 0) return chain;
    const isResult = message.role === 'tool';
    const marks = isResult ? marksOf(message, chain) : [];
    const digest = digestOf([chain.digest, message.role, texts.join('\n'), others, ...marks]);
    const results = chain.results + (isResult ? 1 : 0);
    return { digest, before: digest, answer: undefined, callIds: chain.callIds, results };
  }
  const before = chain.answer === undefined ? chain.digest : chain.before;
  const answer = joinAnswers(chain.answer, message);
  if (answer === undefined) return chain;
  const { text, others, calls } = answer;
  const callIds = [
    ...(chain.answer === undefined ? [] : chain.callIds),
    ...message.toolCalls.map(({ id }) => id),
  ];
  return {
    digest: digestOf([before, 'assistant', text, others, calls]),
    before,
    answer,
    callIds,
    results: 0,
  };
}

/** What tells a result from the same text for another call, or as a success: nothing for one that stands in its call's place. */
function marksOf({ toolCallId, isError }: ToolMessage, { callIds, results }: Chain): readonly unknown[] {
  const at = toolCallId === undefined ? -1 : callIds.indexOf(toolCallId);
  return [...(at === -1 || at === results ? [] : [at]), ...(isError === true ? ['error'] : [])];
}

/** Undefined for an answer in which nothing is said. */
function joinAnswers(earlier: Answer | undefined, message: AssistantMessage): Answer | undefined {
  const { texts, others } = canonicalContent(message.content);
  const calls = message.toolCalls.map(canonicalCall);
  const text = texts.map((part) => part.trim()).filter((part) => part !== '');
  if (text.length === 0 && others.length === 0 && calls.length === 0) return earlier;
  if (earlier === undefined) return { text: text.join(PARAGRAPH), others, calls };
  return {
    text: [earlier.text, ...text].filter((part) => part !== '').join(PARAGRAPH),
    others: [...earlier.others, ...others],
    calls: [...earlier.calls, ...calls],
  };
}

/** What stands between the parts of an answer where it is given as one text (src/thrum/README.md, "Chunks"). */
const PARAGRAPH = '\n\n';

/** A digest of what stands before an assistant's calls, and of the calls themselves. */
export function callsDigest(prefix: string, calls: readonly Pick<ToolCall, 'name' | 'input'>[]): string {
  return digestOf([prefix, ...calls.map(canonicalCall)]);
}

function canonicalContent(content: readonly Part[]) {
  const texts: string[] = [];
  const others: unknown[] = [];
  for (const part of content) {
    if (part.type !== 'text') others.push([part.mediaType, 'data' in part ? part.data : part.url]);
    else if (part.text !== '') texts.push(part.text);
  }
  return { texts, others };
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
