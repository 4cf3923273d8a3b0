/** Does a humd answer, in a version of thrum that the bridge speaks? */
import { randomBytes } from 'node:crypto';
import { hidOf } from '../../hive/identity.js';
import { SEED_BYTES } from '../../hive/key-file.js';
import { describeFailure, type DialFailure } from '../../thrum/link/dial-failure.js';
import { toHelloTone } from '../../thrum/link/hello.js';
import { Link } from '../../thrum/link/link.js';
import { PROTOCOL_VERSION, sameMajor } from '../../thrum/link/protocol.js';
import type { Verdict } from './finding.js';

export type Greeting = { readonly kind: 'up'; readonly theirVersion: string | undefined } | DialFailure;

const GREETING_TIMEOUT_MS = 3_000;
const MAX_TONE_BYTES = 1_048_576;
const RID = 'doctor-0';

/** Of the hive that is examined. */
export interface Greeter {
  readonly kind: string;
  readonly source: string;
}

/** A link that says hello and leaves takes no requests. */
const NO_ADDRESS = { host: '127.0.0.1', port: 0 };
const WIRE = 'openai/chat-completions';

/**
 * Says hello, as the bridge would, and leaves again. With an identity of its own, so that a bee of the hive that runs is not
 * taken for gone. Never rejects.
 */
export function greet(socketPath: string, { kind, source }: Greeter, version: string): Promise<Greeting> {
  const hid = hidOf(randomBytes(SEED_BYTES));
  const facts = { hive: kind, hid, version, source, wire: WIRE, provides: [], tools: [], bind: NO_ADDRESS };
  const hello = toHelloTone(facts, RID);
  return new Promise((resolve) => {
    const link: Link = new Link({
      socketPath,
      hello,
      helloRid: RID,
      timeoutMs: GREETING_TIMEOUT_MS,
      maxToneBytes: MAX_TONE_BYTES,
      onUp: (theirVersion) => void link.end().then(() => resolve({ kind: 'up', theirVersion })),
      onTones: () => undefined,
      onEnd: (why) => resolve(why.kind === 'lost' ? { kind: 'unstable' } : why),
    });
  });
}

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

/** The system's code is enough: the path stands beside it. */
function shorten(reason: string): string {
  return /\bE[A-Z]+\b/.exec(reason)?.[0] ?? reason;
}
