/** Says hello to a humd, as the bridge would, and leaves again. */
import { randomBytes } from 'node:crypto';
import { hidOf } from '../../hive/identity.js';
import { SEED_BYTES } from '../../hive/key-file.js';
import type { DialFailure } from '../../thrum/link/dial-failure.js';
import { toHelloTone } from '../../thrum/link/hello.js';
import { Link } from '../../thrum/link/link.js';

export type Greeting = { readonly kind: 'up'; readonly theirVersion: string | undefined } | DialFailure;

const GREETING_TIMEOUT_MS = 3_000;
const MAX_TONE_BYTES = 1_048_576;
const RID = 'doctor-0';

/** Of the hive that is examined. */
export interface Greeter {
  readonly kind: string;
  readonly source: string;
}

/** Who greets and leaves takes no request. */
const NO_ADDRESS = { host: '127.0.0.1', port: 0 };
const WIRE = 'openai/chat-completions';

/** With an identity of its own, so that a bee of the hive that runs is not taken for gone. Never rejects. */
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
