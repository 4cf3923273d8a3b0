/**
 * An `error` tone that says what the fault is, apart from its words (src/thrum/README.md, "Errors"): how a worker writes one, and how
 * it is read.
 */
import { isCount } from '../../core/count.js';
import { type Excess, Fault, type FaultCode } from '../../core/fault.js';
import type { JsonObject } from '../../core/json-object.js';
import type { Tone } from '../link/tone-codec.js';

/** What a worker's `kind` may be; any other is passed over. */
const KINDS = [
  ...(['bad-request', 'unprocessable', 'model-not-found', 'context-too-long', 'body-too-large'] as const),
  ...(['payment-required', 'limit-reached', 'overloaded', 'no-access', 'unreachable'] as const),
  ...(['timeout', 'busy', 'worker-error'] as const),
] satisfies readonly FaultCode[];

type Kind = (typeof KINDS)[number];

/** What a tone without a `kind` can say with its `code`. */
const PAYMENT_CODE = 402;
const MAX_TEXT_CHARACTERS = 2_000;
/** The longest of the limits of accounts is a month. */
const MAX_RETRY_SECONDS = 31 * 86_400;

/** Pure. A fault that no worker has is a `worker-error`. */
export function toErrorTone(fault: Fault): Tone {
  const facts = toErrorFacts(fault);
  return {
    chi: 'error',
    code: facts['kind'] === 'payment-required' ? PAYMENT_CODE : 'worker_error',
    ...facts,
  };
}

/** What such a tone holds besides; the `fault` of a `tool-result` whose tool asks a server, too. Pure. */
export function toErrorFacts(fault: Fault): JsonObject {
  const { message, reason, param, retryAfterSeconds, excess, cause } = fault;
  return {
    message,
    kind: toKind(fault.code) ?? 'worker-error',
    ...(reason === undefined ? {} : { reason }),
    ...(param === undefined ? {} : { param }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfter: retryAfterSeconds }),
    ...(excess === undefined ? {} : { tokens: excess.tokens, limit: excess.limit }),
    // For the log alone.
    ...(cause instanceof Error ? { cause: cause.message.slice(0, MAX_TEXT_CHARACTERS).toWellFormed() } : {}),
  };
}

/** Undefined for a tone that does not say it. Pure. @param tone or what `toErrorFacts` has made */
export function readErrorTone(tone: JsonObject): Fault | undefined {
  const kind = toKind(tone['kind']);
  const message = textOf(tone['message']);
  if (kind === undefined || message === undefined) return undefined;
  const reason = textOf(tone['reason']);
  const param = textOf(tone['param']);
  const seconds = countOf(tone['retryAfter']);
  const excess = toExcess(tone);
  const cause = textOf(tone['cause']);
  return new Fault(kind, message, {
    ...(reason === undefined ? {} : { reason }),
    // A model's name has another place there, which the surfaces word anew.
    ...(param === undefined || kind === 'model-not-found' ? {} : { param }),
    ...(seconds === undefined ? {} : { retryAfterSeconds: Math.min(seconds, MAX_RETRY_SECONDS) }),
    ...(excess === undefined ? {} : { excess }),
    ...(cause === undefined ? {} : { cause: new Error(cause) }),
  });
}

function toKind(value: unknown): Kind | undefined {
  return KINDS.find((kind) => kind === value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_TEXT_CHARACTERS) : undefined;
}

function toExcess({ tokens, limit }: JsonObject): Excess | undefined {
  const [counted, most] = [countOf(tokens), countOf(limit)];
  return counted === undefined || most === undefined ? undefined : { tokens: counted, limit: most };
}

function countOf(value: unknown): number | undefined {
  return isCount(value) ? value : undefined;
}
