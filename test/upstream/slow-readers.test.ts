/** A client that reads slowly, or not at all, holds back the server that answers it, and no other. */
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ASK_SURFACES, toAnswer } from '../front-door/ask-surfaces.js';
import { runProgram, urlIn } from '../program/run-program.js';
import { type ChatAnswer, startFakeUpstream } from './fake-upstream.js';
import { chat } from './upstream-world.js';

const MIB = 2 ** 20;
/** More than all sockets on the way take. */
const TOTAL = 28 * MIB;
const PIECE = 'y'.repeat(MIB / 16);

interface Flood {
  readonly answer: ChatAnswer;
  /** Characters that the server has been rid of, or has given to its socket. */
  written: number;
}

/** Says as much as it may. */
function flood(answer: ChatAnswer): Flood {
  const flooded: Flood = { answer, written: 0 };
  const { response } = answer;
  const write = async () => {
    while (flooded.written < TOTAL && !response.destroyed) {
      answer.delta({ content: PIECE });
      flooded.written += PIECE.length;
      if (response.writableNeedDrain) await Promise.race([once(response, 'drain'), answer.left]);
    }
    answer.finish('stop');
  };
  void write();
  return flooded;
}

/** Resolves when the server has waited for a while. */
async function whenHeldBack(flooded: Flood): Promise<void> {
  for (let before = -1, still = 0; still < 20; await delay(20)) {
    still = flooded.written === before ? still + 1 : 0;
    before = flooded.written;
  }
}

async function startFlooded(env: Readonly<Record<string, string>> = {}) {
  const upstream = await startFakeUpstream();
  const floods: Flood[] = [];
  upstream.onChat = (answer) => {
    if (JSON.stringify(answer.request.body).includes('flood')) floods.push(flood(answer));
    else answer.delta({ content: 'at once' }).finish('stop');
  };
  const url = urlIn(await runProgram(['--upstream', upstream.base], { env }).startLine());
  // On a connection of its own: the system reads ahead by tens of megabytes for a client that was fast before.
  const post = async (path: string, body: unknown) => {
    const request = httpRequest(url + path, { method: 'POST', agent: false }).end(JSON.stringify(body));
    const [message]: IncomingMessage[] = await once(request, 'response');
    if (message === undefined) throw new Error('no response');
    const headers = { 'content-type': message.headers['content-type'] ?? '' };
    return { message, read: () => toAnswer(new Response(Readable.toWeb(message), { headers })) };
  };
  return { floods, post };
}

describe('a client that reads nothing', { timeout: 60_000 }, () => {
  // Text completions are written as chats are.
  it.each(ASK_SURFACES.filter(({ name }) => name !== 'completions'))(
    'holds its server back, and misses nothing: $name',
    async (surface) => {
      const { floods, post } = await startFlooded();
      const response = await post(surface.path, surface.body('llama3', 'flood', true));
      const [flooded] = floods;
      if (flooded === undefined) throw new Error('the server was not asked');
      await whenHeldBack(flooded);
      expect(flooded.written).toBeLessThan(TOTAL - 2 * MIB);
      // Others are answered meanwhile.
      const other = await post(surface.path, surface.body('llama3', 'hello', false));
      expect(surface.text(await other.read())).toBe('at once');
      const text = surface.text(await response.read());
      expect([text.length, text === PIECE.repeat(TOTAL / PIECE.length)]).toEqual([TOTAL, true]);
    },
  );

  it('lets its server go when it leaves', async () => {
    const { floods, post } = await startFlooded();
    const { message } = await post('/api/chat', chat('flood'));
    const [flooded] = floods;
    if (flooded === undefined) throw new Error('the server was not asked');
    await whenHeldBack(flooded);
    message.destroy();
    await flooded.answer.left;
  });

  it('is not waited for without end', async () => {
    const { floods, post } = await startFlooded({ UPSTREAM_WORKER_SILENCE_MS: '1500' });
    const response = await post('/api/chat', chat('flood'));
    await floods[0]?.answer.left;
    const { body: text } = await response.read();
    expect(text.slice(-100)).toContain('{"error":"the answer was not read for 2 s"}');
  });
});
