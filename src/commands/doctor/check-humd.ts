/** Does a humd answer, in a version of thrum that the bridge speaks? */
import { describeFailure } from '../../thrum/link/dial-failure.js';
import { PROTOCOL_VERSION, sameMajor } from '../../thrum/link/protocol.js';
import type { Verdict } from './finding.js';
import type { Greeting } from './greet.js';

export function judgeGreeting(greeting: Greeting, socket: string): Verdict {
  switch (greeting.kind) {
    case 'up':
      return judgeVersion(greeting.theirVersion);
    case 'absent':
      return {
        status: 'fail',
        detail: `nobody listens on ${socket} (${shorten(greeting.reason)})`,
        remedy: greeting.reason.includes('EACCES')
          ? 'run the bridge as the user who runs humd'
          : 'start humd; a socket that an ended one left behind is replaced by it',
      };
    case 'mute':
    case 'closed':
    case 'unstable':
      return {
        status: 'fail',
        detail: describeFailure(greeting, socket, PROTOCOL_VERSION),
        remedy: 'restart humd, and look into its log if it stays so',
      };
    case 'refused':
      return {
        status: 'fail',
        detail: describeFailure(greeting, socket, PROTOCOL_VERSION),
        remedy: `update whichever is older, humd or thrum-bridge, so that both speak thrum ${majorOf(PROTOCOL_VERSION)}.x`,
      };
    case 'untrusted':
      // Only the supervisor says so, and none is at work here.
      return { status: 'skipped', detail: describeFailure(greeting, socket, PROTOCOL_VERSION) };
    default:
      return greeting satisfies never;
  }
}

function judgeVersion(theirs: string | undefined): Verdict {
  if (theirs === undefined)
    return { status: 'ok', detail: 'it answers and took the hello; it does not say which thrum it speaks' };
  if (sameMajor(theirs, PROTOCOL_VERSION))
    return {
      status: 'ok',
      detail: `it speaks thrum ${theirs} (the bridge ${PROTOCOL_VERSION}) and took the hello`,
    };
  return {
    status: 'warn',
    detail: `it took the hello, but speaks thrum ${theirs} where the bridge speaks ${PROTOCOL_VERSION}`,
    remedy: `update whichever is older, humd or thrum-bridge, so that both speak thrum ${majorOf(PROTOCOL_VERSION)}.x`,
  };
}

function majorOf(version: string): string {
  return version.split('.', 1)[0] ?? version;
}

/** The system's code is enough: the path has been said. */
function shorten(reason: string): string {
  return /\bE[A-Z]+\b/.exec(reason)?.[0] ?? reason;
}
