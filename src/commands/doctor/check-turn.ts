/** Does a model answer, and how soon? The one check that costs something: a worker is asked for one word. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { collect } from '../../core/collect.js';
import { Fault } from '../../core/fault.js';
import type { Mesh, Turns } from '../../core/port.js';
import type { TurnRequest } from '../../core/request.js';
import type { HiveConfig } from '../../hive/config-keys.js';
import { createRightsGrant } from '../../hive/grant-rights.js';
import { hidOf } from '../../hive/identity.js';
import { SEED_BYTES } from '../../hive/key-file.js';
import { remedyFor } from '../../observe/remedy.js';
import type { DoctorInvocation } from '../../run/command-line/invocation.js';
import { createNest, type NestPlace } from '../../run/create-nest.js';
import type { CommandContext } from '../context.js';
import { pickModel } from '../../core/model.js';
import type { Verdict } from './finding.js';

export interface TurnCheck {
  readonly config: HiveConfig;
  readonly place: NestPlace;
  /** Nothing but an echo can answer. */
  readonly isEcho: boolean;
}

/** Of `doctor`, for a model. */
export const PROMPT = 'This is a test of the connection. Answer with the one word: ok';
export const MAX_TOKENS = 32;
/** A model that thinks for longer over one word counts as one that does not answer. */
export const TURN_TIMEOUT_MS = 60_000;
const LINK_TIMEOUT_MS = 3_000;

/** Asks the model of the command line, or the first one that a worker serves. An interrupt cancels the turn. */
export async function checkTurn(
  { config, place, isEcho }: TurnCheck,
  { turn, model: asked }: DoctorInvocation,
  context: CommandContext,
): Promise<Verdict> {
  if (!turn) return { status: 'skipped', detail: '--no-turn was given' };
  const { nest, catalogue } = createNest({
    config,
    // An identity of its own, so that a bridge that runs is not taken for gone.
    hid: hidOf(randomBytes(SEED_BYTES)),
    places: [place],
    version: context.version,
    log: pino({ level: 'silent' }),
  });
  const interrupt = new AbortController();
  const stopListening = context.onInterrupt(() => interrupt.abort());
  try {
    nest.start({ host: config.host, port: config.port });
    await nest.whenUp(LINK_TIMEOUT_MS);
    const model = asked ?? pickModel(nest.models());
    if (model === undefined) return { status: 'skipped', detail: 'no worker serves any model' };
    return await askModel(nest, model, { config, isEcho }, interrupt.signal);
  } catch (error) {
    return toFailure(Fault.from(error), 'the link');
  } finally {
    stopListening();
    await nest.close();
    catalogue.close();
  }
}

async function askModel(
  nest: Turns & Mesh,
  model: string,
  { config, isEcho }: Pick<TurnCheck, 'config' | 'isEcho'>,
  interrupt: AbortSignal,
): Promise<Verdict> {
  const timeout = AbortSignal.timeout(TURN_TIMEOUT_MS);
  const startedAt = performance.now();
  let firstMs: number | undefined;
  try {
    const signal = AbortSignal.any([timeout, interrupt]);
    const request: TurnRequest = {
      model,
      resolved: await nest.resolveModel(model, signal),
      messages: [{ role: 'user', content: [{ type: 'text', text: PROMPT }] }],
      tools: [],
      sampling: { maxTokens: MAX_TOKENS },
      rights: { workerTools: 'none' },
    };
    const granted = await createRightsGrant(config)(request, {});
    await collect(nest.turn(granted, signal), (batch) => {
      if (batch.some(({ type }) => type === 'text-delta' || type === 'reasoning-delta'))
        firstMs ??= performance.now() - startedAt;
    });
    const totalMs = performance.now() - startedAt;
    const first = firstMs === undefined ? 'no text' : `first token after ${Math.round(firstMs)} ms`;
    const who = isEcho ? `the echo answered for ${model}` : `${model} answered`;
    return { status: 'ok', detail: `${who}: ${first}, all of it after ${Math.round(totalMs)} ms` };
  } catch (error) {
    if (interrupt.aborted) return { status: 'skipped', detail: 'interrupted, and the turn cancelled' };
    if (timeout.aborted)
      return {
        status: 'fail',
        detail: `${model} did not answer within ${TURN_TIMEOUT_MS / 1_000} s`,
        remedy: remedyFor('timeout'),
      };
    return toFailure(Fault.from(error), model);
  }
}

function toFailure({ code, message }: Fault, who: string): Verdict {
  return { status: 'fail', detail: `${who} failed: ${message}`, remedy: remedyFor(code) };
}
