/** A bridge that is shot at, and the humd behind it, which notes every byte that it is sent. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Daemon, startDaemon } from '../../../src/daemon/daemon.js';
import { startEchoWorker } from '../../../src/daemon/echo/worker.js';
import { hashEmbedTool, runHashEmbed } from '../../../src/daemon/echo/hash-embed.js';
import type { Bridge } from '../../../src/run/bridge.js';
import { startTestBridge } from '../../running-bridge.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { TappedLines } from './tapped-lines.js';

export interface Target {
  readonly bridge: Bridge;
  readonly daemon: Daemon;
  readonly tapped: TappedLines;
}

export async function startTarget(): Promise<Target> {
  const folder = temporaryFolder();
  const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
  const tapped = new TappedLines();
  const daemon = await startDaemon({
    ...place,
    onBytes: (chunk, client) => {
      // A worker says nothing before its hello; the bridge's own is tapped too.
      if (client.manifest?.bee.includes('worker') !== true && !isWorkersHello(chunk)) tapped.read(chunk);
    },
  });
  onTestFinished(() => daemon.close());
  const worker = await startEchoWorker({
    socketPath: place.socketPath,
    models: ['claude-sonnet-4'],
    tools: [hashEmbedTool],
    onToolCall: async (call) => runHashEmbed(call['args']),
  });
  onTestFinished(() => worker.close());
  const bridge = await startTestBridge({
    place,
    // What waits for results that never come is still open at the end: here nobody waits.
    env: { OLLAMA_SERVER_TOOL_RESULTS: 'replay' },
    config: { embedTool: hashEmbedTool.name },
  });
  return { bridge, daemon, tapped };
}

function isWorkersHello(chunk: Buffer): boolean {
  return chunk.includes('"bee":["worker"]');
}
