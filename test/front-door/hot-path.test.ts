/** What one token costs, in counts that hold on every machine: a timed test would only measure the neighbours. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { OutgoingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MessageEvents } from '../../src/http/anthropic/message-events.js';
import { LineEncoder } from '../../src/http/ollama/answers.js';
import { ChatChunks } from '../../src/http/openai/chat/chat-chunks.js';
import { ToneDecoder } from '../../src/thrum/link/tone-codec.js';
import { eventually } from '../eventually.js';
import { breath, startRawHumd } from '../faults/raw-humd.js';
import { startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';

const MODEL = 'claude-sonnet-4';
const READS = 20;
const TOKENS_PER_READ = 30;
/** In every token, and nowhere else. */
const MARK = 'tkn';
const STREAMS = 8;
/** A number that is nobody else's. */
const BODY_TIMEOUT_MS = 54_321;

const ROUTES = [
  { path: '/api/chat', encoder: LineEncoder },
  { path: '/v1/chat/completions', encoder: ChatChunks },
  { path: '/v1/messages', encoder: MessageEvents },
] as const;

describe.each(ROUTES)('$path', ({ path, encoder }) => {
  it('turns each read of the socket into one write, and each token into JSON once', async () => {
    const { url, humd } = await startQuietWorld();
    const client = await ask(url, path);
    const [sid = ''] = await humd.prompts(1);
    humd.say(token(sid, 'first'));
    await client.sees('first');

    const reads = vi.spyOn(ToneDecoder.prototype, 'decode');
    const writes = vi.spyOn(OutgoingMessage.prototype, 'write');
    const encodes = vi.spyOn(encoder.prototype, 'encode');
    const stringify = vi.spyOn(JSON, 'stringify');
    const timers = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'setInterval')];
    onTestFinished(() => void vi.restoreAllMocks());
    for (let read = 0; read < READS; read++) {
      const last = `${MARK}-${read}-last`;
      const texts = [
        ...Array.from({ length: TOKENS_PER_READ - 1 }, (_, index) => `${MARK}-${read}-${index}`),
        last,
      ];
      humd.say(texts.map((text) => token(sid, text)).join(''));
      await client.sees(last);
    }

    expect(reads).toHaveBeenCalledTimes(READS);
    expect(writes).toHaveBeenCalledTimes(READS);
    expect(encodes).toHaveBeenCalledTimes(READS);
    expect(new Set(encodes.mock.contexts).size).toBe(1);
    const ofTokens = stringify.mock.results.filter(({ value }) => String(value).includes(MARK));
    expect(ofTokens).toHaveLength(READS * TOKENS_PER_READ);
    for (const timer of timers) expect(timer).not.toHaveBeenCalled();
  });

  it('writes the last text and the end of a stream at once, as one text', async () => {
    const { url, humd } = await startQuietWorld();
    const client = await ask(url, path);
    const [sid = ''] = await humd.prompts(1);
    const writes = vi.spyOn(OutgoingMessage.prototype, 'write');
    const ends = vi.spyOn(OutgoingMessage.prototype, 'end');
    onTestFinished(() => void vi.restoreAllMocks());
    const finish = `{"chi":"finish","finishReason":"stop","from":"daemon","sid":"${sid}"}\n`;
    humd.say(token(sid, 'one') + token(sid, 'two') + finish);
    await client.sees('two');
    await eventually(() => expect(ends).toHaveBeenCalled());
    expect(writes.mock.calls).toEqual([[expect.stringMatching(/one.*two.*\r\n0\r\n\r\n$/s)]]);
    // A text here would be gathered by the system, with an empty one behind it.
    expect(ends.mock.calls).toEqual([[]]);
  });

  it('takes no timer for a body that comes with its head, and one for a body that comes later', async () => {
    const { url, humd } = await startQuietWorld();
    const timeouts = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => void vi.restoreAllMocks());
    const deadlines = () => timeouts.mock.calls.filter(([, ms]) => ms === BODY_TIMEOUT_MS).length;
    for (let request = 1; request <= STREAMS; request++) {
      await ask(url, path);
      await humd.prompts(request);
    }
    expect(deadlines()).toBe(0);
    await ask(url, path, 'in two pieces');
    await humd.prompts(STREAMS + 1);
    expect(deadlines()).toBe(1);
  });

  it('needs one encoder for each stream, and no timer', async () => {
    const { url, humd } = await startQuietWorld();
    const encodes = vi.spyOn(encoder.prototype, 'encode');
    onTestFinished(() => void vi.restoreAllMocks());
    const timers = trackTimers();
    const counts: number[] = [];
    for (let stream = 1; stream <= STREAMS; stream++) {
      const client = await ask(url, path);
      const sid = (await humd.prompts(stream)).at(-1) ?? '';
      humd.say(token(sid, `open ${stream}`));
      await client.sees(`open ${stream}`);
      counts.push(timers.size);
    }
    // The first stream starts the sweeps that all of them share.
    expect(new Set(counts).size).toBe(1);
    expect(new Set(encodes.mock.contexts).size).toBe(STREAMS);
  });
});

interface QuietHumd {
  /** The sids of the first prompts, once there are so many. */
  prompts(count: number): Promise<readonly string[]>;
  say(lines: string): void;
}

/** A bridge, and a humd that is nothing but bytes: whatever is counted is the bridge's. */
async function startQuietWorld(): Promise<{ readonly url: string; readonly humd: QuietHumd }> {
  const folder = temporaryFolder();
  const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
  writeFileSync(
    place.beesPath,
    `{"w":{"name":"quiet","bee":["worker"],"models":["${MODEL}"],"propensity":{"statefulness":"stateless_per_call"}}}`,
  );
  let link: Socket | undefined;
  const sids: string[] = [];
  const waiting: (() => void)[] = [];
  await startRawHumd(place.socketPath, (socket) => {
    link = socket;
    socket.write(breath());
    socket.on('data', (chunk) => {
      for (const line of String(chunk).split('\n')) {
        const rid = /"rid":"([^"]+)"/.exec(line)?.[1];
        if (rid !== undefined) socket.write(`{"chi":"echo","ok":true,"rid":"${rid}"}\n`);
        const sid = line.startsWith('{"chi":"prompt"') ? /"sid":"([^"]+)"/.exec(line)?.[1] : undefined;
        if (sid !== undefined) sids.push(sid);
      }
      for (const look of waiting) look();
    });
  });
  const bridge = await startTestBridge({ place, config: { bodyTimeoutMs: BODY_TIMEOUT_MS } });
  return {
    url: bridge.url,
    humd: {
      prompts: (count) =>
        new Promise((resolve) => {
          const look = () => {
            if (sids.length >= count) resolve(sids);
          };
          waiting.push(look);
          look();
        }),
      say: (lines) => void link?.write(lines),
    },
  };
}

function token(sid: string, text: string): string {
  return `{"blockIdx":1,"chi":"chunk","chunkType":"text_delta","delta":"${text}","from":"daemon","sid":"${sid}"}\n`;
}

interface RawClient {
  /** Resolves when this has come. */
  sees(text: string): Promise<void>;
}

async function ask(url: string, path: string, manner?: 'in two pieces'): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const body = `{"model":"${MODEL}","stream":true,"max_tokens":1000,"messages":[{"role":"user","content":"go"}]}`;
  const head = `POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  let seen = '';
  let look: (() => void) | undefined;
  socket.on('data', (chunk) => {
    seen += chunk;
    look?.();
  });
  if (manner === undefined) socket.write(`${head}\r\n\r\n${body}`);
  else {
    socket.write(`${head}\r\n\r\n`);
    setImmediate(() => setImmediate(() => socket.write(body)));
  }
  return {
    sees: (text) =>
      new Promise((resolve) => {
        look = () => {
          if (seen.includes(text)) resolve();
        };
        look();
      }),
  };
}

/** The timers that were set since, and neither fired for good nor cleared. */
function trackTimers(): ReadonlySet<unknown> {
  const live = new Set<unknown>();
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(
    Object.assign((run: () => void, ms?: number) => {
      const timer = setTimeout(() => {
        live.delete(timer);
        run();
      }, ms);
      live.add(timer);
      return timer;
    }, setTimeout),
  );
  vi.spyOn(globalThis, 'setInterval').mockImplementation((run, ms) => {
    const timer = setInterval(run, ms);
    live.add(timer);
    return timer;
  });
  vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
    live.delete(timer);
    clearTimeout(timer);
  });
  vi.spyOn(globalThis, 'clearInterval').mockImplementation((timer) => {
    live.delete(timer);
    clearInterval(timer);
  });
  return live;
}
