/** Writes a line for each turn into the log: how it went, without any of its text. */
import type { Logger } from 'pino';
import type { Fault, FaultCode } from '../core/fault.js';
import { type RemedyNest, remedyFor } from './remedy.js';
import type { TurnRecord } from './records.js';
import type { ObservedTurn, TurnObserver } from './turn-observer.js';

/**
 * A turn that failed has a line at `warn` with its cause and what can be done, one that went well at `debug`.
 *
 * @param log its level does not change
 * @param whoAnswers now
 */
export function createTurnLog(log: Logger, whoAnswers: () => RemedyNest): TurnObserver {
  const fault: TurnObserver['fault'] = ({ sid }, failure, record) => {
    const nest = whoAnswers();
    log.warn(
      { ...toLine(sid, record), ...toReason(failure, nest), remedy: remedyFor(failure.code, nest) },
      'a turn has failed',
    );
  };
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

/**
 * Faults of a request, of an answer to it, or in a worker's own words, which may repeat a part of it: no text of it may be in the log.
 * The status shows them.
 */
const OF_CONTENT: ReadonlySet<FaultCode> = new Set([
  ...([
    'bad-request',
    'unprocessable',
    'not-found',
    'invalid-answer',
    'tool-failed',
    'worker-error',
  ] as const),
]);

/** What the client was told, and behind it what only the operator is. */
function toReason({ code, message, cause }: Fault, { answers }: RemedyNest): { readonly reason?: string } {
  // The worker in front of a server calls a fault so only where it is the server's own and not about the request.
  const isOfServer = code === 'worker-error' && answers === 'upstream';
  if (OF_CONTENT.has(code) && !isOfServer) return {};
  const behind = cause instanceof Error && cause.message !== message ? ` (${cause.message})` : '';
  return { reason: `${message}${behind}`.slice(0, MAX_REASON_CHARACTERS).toWellFormed() };
}

function toLine(sid: ObservedTurn['sid'], record: TurnRecord): object {
  const { requestId, logId, keyId, surface, model, outcome, firstMs, totalMs } = record;
  const { promptTokens, completionTokens } = record;
  return {
    id: logId ?? requestId,
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
