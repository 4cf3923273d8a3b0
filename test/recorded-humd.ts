/** A socket that answers as a recorded link of a real humd did. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { encodeTone, type Tone, ToneDecoder } from '../src/thrum/link/tone-codec.js';
import { temporaryFolder } from './temporary-folder.js';

interface Recorded {
  readonly dir: 'in' | 'out';
  readonly tone: Tone;
}

export interface RecordedHumd {
  readonly socketPath: string;
  readonly beesPath: string;
  /** What the bee sent, in order. */
  readonly received: readonly Tone[];
}

/**
 * Plays `test/fixtures/thrum/<name>.ndjson` to each connection: what humd said first, then, each time the bee sends a tone,
 * all that humd said after the next recorded tone of that chi, with the bee's own rid and sid put in.
 * `cut` says into which pieces the bytes are cut on their way.
 */
export async function startRecordedHumd(
  name: string,
  cut: (bytes: Buffer) => readonly Buffer[] = (bytes) => [bytes],
): Promise<RecordedHumd> {
  const link = readLink(name);
  const folder = temporaryFolder();
  const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
  writeFileSync(place.beesPath, readFileSync('test/fixtures/bees.json'));
  const received: Tone[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const playback = new Playback(link, (bytes) => {
      for (const piece of cut(bytes)) socket.write(piece);
    });
    const decoder = new ToneDecoder(64 * 1024 * 1024);
    playback.start();
    socket.on('data', (chunk: Buffer) => {
      for (const tone of decoder.decode(chunk)) {
        received.push(tone);
        playback.answer(tone);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(place.socketPath, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { ...place, received };
}

function readLink(name: string): readonly Recorded[] {
  const lines = readFileSync(`test/fixtures/thrum/${name}.ndjson`, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** One connection's place in the recording. */
class Playback {
  readonly #link: readonly Recorded[];
  readonly #send: (bytes: Buffer) => void;
  /** The bee's values for recorded ones. */
  readonly #values = new Map<unknown, unknown>();
  #at = 0;

  constructor(link: readonly Recorded[], send: (bytes: Buffer) => void) {
    this.#link = link;
    this.#send = send;
  }

  /** humd speaks first, although the recordings begin with the bee's hello. */
  start(): void {
    const breath = this.#link.find(({ tone }) => tone.chi === 'breath');
    if (breath) this.#send(Buffer.from(encodeTone(breath.tone)));
  }

  answer(tone: Tone): void {
    const offset = this.#link
      .slice(this.#at)
      .findIndex(({ dir, tone: { chi } }) => dir === 'out' && chi === tone.chi);
    if (offset === -1) return;
    const recorded = this.#link[this.#at + offset]?.tone;
    this.#values.set(recorded?.rid, tone.rid).set(recorded?.sid, tone.sid);
    this.#at += offset + 1;
    const lines: string[] = [];
    for (let next = this.#link[this.#at]; next?.dir === 'in'; next = this.#link[++this.#at]) {
      const rid = this.#values.get(next.tone.rid) ?? next.tone.rid;
      const sid = this.#values.get(next.tone.sid) ?? next.tone.sid;
      lines.push(encodeTone(JSON.parse(JSON.stringify({ ...next.tone, rid, sid }))));
    }
    if (lines.length > 0) this.#send(Buffer.from(lines.join('')));
  }
}
