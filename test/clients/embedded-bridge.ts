/** A bridge in front of the embedded daemon, as `npm start` runs it, for the tests with real clients. */
import { onTestFinished } from 'vitest';
import { startEmbedded } from '../../src/daemon/embedded.js';
import type { Bridge } from '../../src/run/bridge.js';
import { startTestBridge } from '../running-bridge.js';

export async function startEmbeddedBridge(env: Readonly<Record<string, string>> = {}): Promise<Bridge> {
  const embedded = await startEmbedded({ models: ['claude-sonnet-4', 'claude-sonnet-4-6'] });
  onTestFinished(() => embedded.close());
  return startTestBridge({ place: embedded, env });
}

/** A prompt that the echo worker plays as a script instead of repeating it. */
export function script(steps: Readonly<Record<string, unknown>>): string {
  return `@script ${JSON.stringify(steps)}`;
}
