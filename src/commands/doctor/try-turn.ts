/** A turn, if one was asked for. */
import type { DoctorInvocation } from '../../run/command-line/invocation.js';
import type { CommandContext } from '../context.js';
import { checkTurn, type TurnCheck } from './check-turn.js';
import type { Verdict } from './finding.js';

export async function tryTurn(
  about: Omit<TurnCheck, 'model'>,
  { turn, model }: DoctorInvocation,
  context: CommandContext,
): Promise<Verdict> {
  if (!turn) return { status: 'skipped', detail: '--no-turn was given' };
  return checkTurn({ ...about, model }, context);
}
