/** Writes a line for each turn into the log: how it went, without any of its text. */
import type { Logger } from 'pino';
import type { Fault, FaultCode } from '../core/fault.js';
import type { TurnRecord } from './records.js';
import type { ObservedTurn, TurnObserver } from './turn-observer.js';

/** A turn that failed has a line at `info`, one that went well at `debug`. @param log its level does not change */
export function createTurnLog(log: Logger): TurnObserver {
  const fault: TurnObserver['fault'] = ({ sid }, failure, record) =>
    log.info({ ...toLine(sid, record), ...toReason(failure) }, 'a turn has failed');
  if (!log.isLevelEnabled('debug')) return { fault };
  return {
    fault,
    end: ({ sid }, { record, fault: failure }) => {
      if (failure === undefined) log.debug(toLine(sid, record), 'a turn has ended');
    },
  };
}

/** A reason is no longer than this, in characters. */
const MAX_REASON_CHARACTERS = 500;

/** Faults of the worker's surroundings, whose words are about no request. */
const SURROUNDINGS: ReadonlySet<FaultCode> = new Set([
  ...(['unreachable', 'no-access', 'limit-reached', 'overloaded', 'payment-required'] as const),
]);

/** What the client was told, and behind it what only the operator is. */
function toReason({ code, message, cause }: Fault): { readonly reason?: string } {
  if (!SURROUNDINGS.has(code)) return {};
  const behind = cause instanceof Error && cause.message !== message ? ` (${cause.message})` : '';
  return { reason: `${message}${behind}`.slice(0, MAX_REASON_CHARACTERS).toWellFormed() };
}

function toLine(sid: ObservedTurn['sid'], record: TurnRecord): object {
  const { requestId, keyId, surface, model, outcome, firstMs, totalMs } = record;
  const { promptTokens, completionTokens } = record;
  return {
    requestId,
    ...(sid === undefined ? {} : { sid }),
    ...(keyId === null ? {} : { keyId }),
    surface,
    model,
    outcome,
    firstMs,
    totalMs,
    promptTokens,
    completionTokens,
  };
}
