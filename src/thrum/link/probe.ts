/** Finds out whether a humd answers, without becoming a bee: a probe says nothing. */
import { createConnection } from 'node:net';
import { ToneDecoder } from './tone-codec.js';

/** A breath is short; what is longer is none. */
const MAX_BREATH_BYTES = 1_048_576;

/** What a humd says first. */
export interface Breath {
  readonly protoVersion: string | undefined;
}

/** The breath of whoever listens at `socketPath`; undefined if none comes within `timeoutMs`. */
export function readBreath(socketPath: string, timeoutMs: number): Promise<Breath | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    const decoder = new ToneDecoder(MAX_BREATH_BYTES);
    const done = (breath: Breath | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(breath);
    };
    const timer = setTimeout(() => done(undefined), timeoutMs);
    socket.on('data', (chunk: Buffer) => {
      const breath = decoder.decode(chunk).find((tone) => tone.chi === 'breath');
      if (breath === undefined) return;
      const version = breath['protoVersion'];
      done({ protoVersion: typeof version === 'string' ? version : undefined });
    });
    socket.once('error', () => done(undefined));
    socket.once('close', () => done(undefined));
  });
}
