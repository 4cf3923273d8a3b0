/** Fields of a request that some servers do not know: which one a refusal means, and what is sent without it. */
import type { Fields } from './sampling-fields.js';

/** An answer does not depend on them so much that it were better to have none. */
const DISPENSABLE = [
  'stream_options',
  'top_k',
  'min_p',
  'repetition_penalty',
  'repeat_penalty',
  'seed',
  'parallel_tool_calls',
  'reasoning_effort',
  'max_tokens',
  'max_completion_tokens',
];

const NOT_KNOWN =
  /unsupported|not support|unrecogni[sz]ed|unknown|unexpected|extra|forbidden|not permitted|not allowed/i;
/** Then another value may well be taken. */
const NOT_THIS_VALUE = /\bvalue\b/i;

export interface Refusal {
  readonly fields: readonly string[];
  /** True if they need not be tried again. */
  readonly isLasting: boolean;
}

/** The fields of `sent` that a 400 or 422 with this `message` will not have; undefined if it is about something else. */
export function toRefusal(status: number, message: string, sent: Fields): Refusal | undefined {
  if (status !== 400 && status !== 422) return undefined;
  const isUnknown = NOT_KNOWN.test(message);
  const fields = DISPENSABLE.filter(
    (name) =>
      name in sent &&
      new RegExp(`\\b${name}\\b`).test(message) &&
      // Nothing else can be wrong with this one.
      (isUnknown || name === 'stream_options'),
  );
  return fields.length === 0 ? undefined : { fields, isLasting: !NOT_THIS_VALUE.test(message) };
}

/** `fields` less the `refused` ones. OpenAI's newer models know the limit of an answer only by its longer name. */
export function withoutRefused(fields: Fields, refused: ReadonlySet<string>): Fields {
  const { max_tokens: limit, ...others } = fields;
  const wanted =
    limit === undefined
      ? others
      : { ...others, [refused.has('max_tokens') ? 'max_completion_tokens' : 'max_tokens']: limit };
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !refused.has(name)));
}
