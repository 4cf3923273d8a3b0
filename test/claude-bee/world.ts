/** A whole world for a test with hum's claude worker: the development daemon, the claude bee on it, a bridge in front. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Daemon, type DaemonOptions, startDaemon } from '../../src/daemon/daemon.js';
import type { HiveConfig } from '../../src/hive/config-keys.js';
import type { Bridge } from '../../src/run/bridge.js';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { type Dialled, dialDaemon } from '../daemon/dial.js';
import { type Place, startTestBridge } from '../running-bridge.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type ClaudeBee, type ClaudeBeeOptions, startClaudeBee } from './claude-bee.js';
import { claude } from './script.js';

export interface ClaudeWorldOptions {
  /** How the claude worker behaves. */
  readonly bee?: Partial<ClaudeBeeOptions>;
  readonly daemon?: Partial<DaemonOptions>;
  readonly kind?: string;
  /** Of the bridge: one that humd lists, for a world that is used for longer than the three seconds that the list may take. */
  readonly hid?: string;
  /** Of the bridge, as the user would set it; `config` goes before it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: Partial<HiveConfig>;
}

export interface ClaudeWorld {
  readonly bee: ClaudeBee;
  readonly daemon: Daemon;
  readonly place: Place;
  readonly bridge: Bridge;
  readonly url: string;
  /** Every tone that foragers sent but hellos, in order. */
  readonly sent: readonly Tone[];
  /** The hellos among them. */
  readonly hellos: readonly Tone[];
  /** Another forager on the mesh, one with tools for example. */
  forager(hello?: Readonly<Record<string, unknown>>): Promise<Dialled>;
  /** Another bridge in front of the same daemon. */
  anotherBridge(options?: Pick<ClaudeWorldOptions, 'kind' | 'env' | 'config'>): Promise<Bridge>;
  /** Sends a JSON body to the bridge. */
  post(path: string, body: unknown, signal?: AbortSignal): Promise<Response>;
}

/**
 * What the only tool of a request is called on the mesh, for scripts that call it: asks once with the tool, and looks into the hello.
 *
 * @param ask the body of a request with that tool, for any text
 */
export async function learnMeshName(
  { post, hellos }: ClaudeWorld,
  path: string,
  ask: (text: string) => unknown,
): Promise<string> {
  await (await post(path, ask(claude({ text: 'hi' })))).text();
  const tools: unknown = hellos.at(-1)?.['tools'];
  const tool: unknown = Array.isArray(tools) ? tools.at(-1) : undefined;
  if (typeof tool !== 'object' || tool === null || !('name' in tool)) throw new Error('it was declared');
  return String(tool.name);
}

/** Resolves when the bridge is linked and the worker stands in bees.json; all of it goes when the test is over. */
export async function startClaudeWorld(options: ClaudeWorldOptions = {}): Promise<ClaudeWorld> {
  const folder = temporaryFolder();
  const place = { socketPath: join(folder, 'thrum.sock'), beesPath: join(folder, 'bees.json') };
  const sent: Tone[] = [];
  const hellos: Tone[] = [];
  const daemon = await startDaemon({
    ...place,
    onTone: (direction, tone, { manifest }) => {
      if (direction === 'out' || manifest?.bee.includes('worker')) return;
      const isOfWorker = Array.isArray(tone['bee']) && tone['bee'].includes('worker');
      if (tone.chi !== 'hello') sent.push(tone);
      else if (!isOfWorker) hellos.push(tone);
    },
    ...options.daemon,
  });
  onTestFinished(() => daemon.close());
  const bee = await startClaudeBee({ socketPath: place.socketPath, ...options.bee });
  onTestFinished(() => bee.close());
  const anotherBridge = ({ kind, hid, env, config }: ClaudeWorldOptions = {}) =>
    startTestBridge({
      place,
      ...(kind !== undefined && { kind }),
      ...(hid !== undefined && { hid }),
      ...(env !== undefined && { env }),
      ...(config !== undefined && { config }),
    });
  const bridge = await anotherBridge(options);
  return {
    bee,
    daemon,
    place,
    bridge,
    url: bridge.url,
    sent,
    hellos,
    async forager(hello) {
      const dialled = await dialDaemon(place.socketPath);
      onTestFinished(() => dialled.close());
      await dialled.hello(hello);
      return dialled;
    },
    anotherBridge,
    post: (path, body, signal) =>
      fetch(bridge.url + path, { method: 'POST', body: JSON.stringify(body), ...(signal ? { signal } : {}) }),
  };
}
