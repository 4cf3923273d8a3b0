/** Joins the chunks of a body, without holding up the event loop for a large one. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Copied in one turn: about a millisecond, most of it for memory that is touched for the first time. */
const BYTES_PER_TURN = 2 ** 20;

/** All bytes in order. @param bytes how many they are */
export function joinChunks(chunks: readonly Buffer[], bytes: number): Buffer | Promise<Buffer> {
  const [first] = chunks;
  if (chunks.length === 1 && first) return first;
  return bytes <= BYTES_PER_TURN ? Buffer.concat(chunks, bytes) : joinInTurns(chunks, bytes);
}

async function joinInTurns(chunks: readonly Buffer[], bytes: number): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  let left = BYTES_PER_TURN;
  for (const chunk of chunks) {
    if (left < 0) {
      await nextTurn();
      left = BYTES_PER_TURN;
    }
    chunk.copy(whole, at);
    at += chunk.length;
    left -= chunk.length;
  }
  return whole;
}
