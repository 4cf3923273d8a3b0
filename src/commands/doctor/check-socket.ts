/** Is there a socket, and is it one that only this user can be behind? */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCodeOf } from '../../hive/system-code.js';
import type { SocketCheck } from '../../thrum/link/humd-socket.js';
import { type SocketRisk, socketRisks } from '../../thrum/link/socket-risks.js';
import type { Verdict } from './finding.js';
import type { Place } from './places.js';

/** Whether there is something to dial, and what there is to say. */
export interface CheckedSocket {
  readonly verdicts: readonly Verdict[];
  readonly isDialled: boolean;
}

/** @param check what the hive is configured to do about a socket that may not be trusted */
export function checkSocket({ socket, found }: Place, check: SocketCheck): CheckedSocket {
  const obstacle = obstacleAt(socket, found);
  if (obstacle !== undefined) return { verdicts: [obstacle], isDialled: false };
  const risks = socketRisks(socket);
  if (risks.length === 0 || check === 'off') {
    const how = risks.length === 0 ? 'is for its owner alone' : `is not checked (${risks.join(', ')})`;
    return { verdicts: [{ status: 'ok', detail: `${socket}, ${found}, ${how}` }], isDialled: true };
  }
  const isRefused = check === 'refuse';
  return {
    verdicts: risks.map((risk) => ({
      status: isRefused ? 'fail' : 'warn',
      detail: `${socket}, ${found}, may not be trusted: ${risk}${isRefused ? '; it is not dialled (socketCheck is refuse)' : ''}`,
      remedy: remedyFor(risk, socket),
    })),
    isDialled: !isRefused,
  };
}

function obstacleAt(socket: string, found: string): Verdict | undefined {
  try {
    const stats = lstatSync(socket);
    if (stats.isSocket() || stats.isSymbolicLink()) return undefined;
    return {
      status: 'fail',
      detail: `${socket}, ${found}, is no socket`,
      remedy: 'set HUM_THRUM_SOCK to the socket of humd',
    };
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EACCES')
      return {
        status: 'fail',
        detail: `${socket}, ${found}, is in a folder that this user may not look into`,
        remedy: 'run the bridge as the user who runs humd',
      };
    return {
      status: 'fail',
      detail: `there is nothing at ${socket}, ${found}`,
      remedy: 'start humd, or set HUM_THRUM_SOCK if its socket is elsewhere',
    };
  }
}

function remedyFor(risk: SocketRisk, socket: string): string {
  switch (risk) {
    case 'it is a symbolic link':
      return `set HUM_THRUM_SOCK=${targetOf(socket)}, where it leads`;
    case 'it belongs to another user':
      return 'start humd as the user who runs the bridge, or set HUM_THRUM_SOCK to a socket of your own humd';
    case 'others may write to it':
      return `chmod 600 ${socket}`;
    case 'its folder belongs to another user':
      return 'let humd put its socket into a folder of yours, and set HUM_THRUM_SOCK to it';
    case 'others may write in its folder':
      return `chmod 700 ${dirname(socket)}`;
    default:
      return risk satisfies never;
  }
}

function targetOf(link: string): string {
  try {
    return realpathSync(link);
  } catch {
    // It leads nowhere: the path of the socket is for the user to find.
    return "PATH of humd's own socket";
  }
}
