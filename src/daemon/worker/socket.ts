/** A bee's end of the thrum socket: says hello, then hands over the tones that come. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeTone, type Tone, ToneDecoder } from '../../thrum/link/tone-codec.js';
import { OutboundQueue } from '../outbound-queue.js';

const MAX_TONE_BYTES = 256 * 1024 * 1024;
const HELLO_TIMEOUT_MS = 5_000;
/** How long a reader that has stopped reading may hold up the end of a link. */
const FAREWELL_TIMEOUT_MS = 1_000;

export interface BeeSocket {
  send(tone: Tone): void;
  /** Resolves when what was sent is not too much any more; undefined where it is not. */
  whenRoom(): Promise<void> | undefined;
  /** Ends the link once what was sent is on its way. */
  end(): void;
  /** Breaks the link. */
  destroy(): void;
  /** Resolves when the link is gone, on either side. */
  readonly closed: Promise<void>;
}

/**
 * Resolves when the daemon has answered the hello, rejects when it does not within 5 s or nothing listens.
 *
 * @param onTone gets the link too: tones can come before the promise resolves
 */
export async function dialAsBee(
  socketPath: string,
  hello: Tone,
  onTone: (tone: Tone, link: BeeSocket) => void,
): Promise<BeeSocket> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  const link = toBeeSocket(socket);
  const decoder = new ToneDecoder(MAX_TONE_BYTES);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('the daemon did not answer the hello'));
      link.destroy();
    }, HELLO_TIMEOUT_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error('the daemon closed the connection'));
    });
    socket.on('data', (chunk: Buffer) => {
      // Who has taken leave takes nothing more on.
      if (socket.writableEnded) return;
      for (const tone of decoder.decode(chunk)) {
        if (isSecondBreath(tone)) {
          clearTimeout(timer);
          resolve();
        }
        onTone(tone, link);
      }
    });
    link.send(hello);
  });
  return link;
}

function toBeeSocket(socket: Socket): BeeSocket {
  const outbound = new OutboundQueue(socket, 0);
  // `close` follows an error, and that is what counts.
  socket.on('error', () => undefined);
  const destroy = () => {
    outbound.flush();
    socket.destroy();
  };
  return {
    send(tone) {
      if (!socket.writableEnded) outbound.push(encodeTone(tone));
    },
    whenRoom: () => outbound.whenRoom(),
    end() {
      if (socket.destroyed) return;
      outbound.flush();
      const timer = setTimeout(destroy, FAREWELL_TIMEOUT_MS);
      socket.once('close', () => clearTimeout(timer));
      // It is closed when the daemon has read all and closes its end: a write of a busy daemon to a closed socket would cost what it has not read.
      socket.end();
    },
    destroy,
    closed: new Promise((resolve) => {
      socket.once('close', () => resolve());
    }),
  };
}

/** The first breath has a list of sessions, the one that answers the hello an object. */
function isSecondBreath(tone: Tone): boolean {
  return tone.chi === 'breath' && !Array.isArray(tone['sessions']);
}
