/** Goes to the places where a humd may be, as the bridge does. */
import type { SocketCheck } from '../../thrum/link/humd-socket.js';
import { greet, type Greeter, type Greeting, judgeGreeting } from './check-humd.js';
import { checkSocket } from './check-socket.js';
import { type Finding, toFinding } from './finding.js';
import type { Place } from './places.js';

/** What was found at one place. */
export interface Reached {
  readonly place: Place;
  readonly findings: readonly Finding[];
  /** Undefined if it was not dialled. */
  readonly greeting: Greeting | undefined;
}

export async function reach(
  place: Place,
  hive: Greeter & { readonly socketCheck: SocketCheck },
  version: string,
): Promise<Reached> {
  const { verdicts, isDialled } = checkSocket(place, hive.socketCheck);
  const sockets = verdicts.map((verdict) => toFinding('socket', verdict));
  if (!isDialled) {
    const skipped = toFinding('humd', { status: 'skipped', detail: 'its socket is not dialled' });
    return { place, findings: [...sockets, skipped], greeting: undefined };
  }
  const greeting = await greet(place.socket, hive, version);
  const findings = [...sockets, toFinding('humd', judgeGreeting(greeting, place.socket))];
  return { place, findings, greeting };
}

/** True if a humd answered in a way that `chooseNest` takes for one. */
export function hasSpoken({ greeting }: Reached): boolean {
  return greeting?.kind === 'up' || greeting?.kind === 'refused';
}
