/** A forager for tests: dials a thrum socket and lets a test wait for what it expects. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { encodeTone, type Tone } from '../../src/thrum/link/tone-codec.js';

export type Predicate = (tone: Tone) => boolean;

export interface Dialled {
  /** All tones that came, in order. */
  readonly tones: readonly Tone[];
  /** The same as they stood on the wire, without newlines. */
  readonly lines: readonly string[];
  /** Resolves when the link is gone. */
  readonly closed: Promise<void>;
  send(tone: Tone): void;
  /** Sends bytes as they are. */
  write(bytes: string | Buffer): void;
  /** Says hello as a forager, with `fields` on top, and waits for the second breath. */
  hello(fields?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Sends a prompt with fresh rid for the model `echo`, with `fields` on top. */
  prompt(sid: string, content: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The first tone, after the one that the last call returned, that fits. Rejects when none came in time. */
  next(predicate: Predicate, ms?: number): Promise<Tone>;
  /** Sends a tone and waits for its echo: all that the daemon had to say before has come by then. */
  settle(): Promise<void>;
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

const NEXT_TIMEOUT_MS = 5_000;

export async function dialDaemon(socketPath: string): Promise<Dialled> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  const tones: Tone[] = [];
  const lines: string[] = [];
  const arrivals = new Set<() => void>();
  let partial = '';
  let cursor = 0;
  let rids = 0;
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const complete = (partial + text).split('\n');
    partial = complete.pop() ?? '';
    for (const line of complete) {
      lines.push(line);
      tones.push(JSON.parse(line));
    }
    for (const arrived of [...arrivals]) arrived();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  const nextRid = () => `dial-${rids++}`;

  const dialled: Dialled = {
    tones,
    lines,
    closed,
    send(tone) {
      socket.write(encodeTone(tone));
    },
    write(bytes) {
      socket.write(bytes);
    },
    async hello(fields = {}) {
      dialled.send({ chi: 'hello', rid: nextRid(), ...HELLO, ...fields });
      await dialled.next((tone) => tone.chi === 'breath' && isDeepStrictEqual(tone['sessions'], {}));
    },
    prompt(sid, content, fields = {}) {
      dialled.send({
        chi: 'prompt',
        rid: nextRid(),
        sid,
        modelId: 'echo',
        content,
        text: content,
        ...fields,
      });
    },
    next(predicate, ms = NEXT_TIMEOUT_MS) {
      return new Promise((resolve, reject) => {
        const stop = () => {
          clearTimeout(timer);
          arrivals.delete(look);
        };
        const look = () => {
          for (let index = cursor; index < tones.length; index++) {
            const tone = tones[index];
            if (tone === undefined || !predicate(tone)) continue;
            cursor = index + 1;
            stop();
            resolve(tone);
            return;
          }
        };
        const timer = setTimeout(() => {
          stop();
          const seen = lines.slice(cursor).join('\n').slice(0, 2_000);
          reject(new Error(`no such tone within ${ms} ms; since the last one came:\n${seen}`));
        }, ms);
        arrivals.add(look);
        look();
      });
    },
    async settle() {
      const rid = nextRid();
      dialled.send({ chi: 'settle', rid });
      await dialled.next((tone) => tone.chi === 'echo' && tone.rid === rid);
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    async close() {
      socket.destroy();
      await closed;
    },
  };
  return dialled;
}

const HELLO = {
  from: 'ollama-server',
  bee: ['forager'],
  hive: 'ollama-server',
  version: '0.1.0',
  protoVersion: '0.7.0',
  propensity: { statefulness: 'convention-stateful', richness: 'medium', wire: 'ollama/api' },
  chis: ['hello', 'prompt'],
  bind: { host: '127.0.0.1', port: 11434, scheme: 'http' },
};
