import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Tone } from '../../src/thrum/link/tone-codec.js';
import { type Nest, startNest } from './nest.js';

const FOLDER = join(import.meta.dirname, '../fixtures/thrum');
const CALL_ID = /toolu_[0-9a-f]{12}/g;
const LAST_RECORDED_DELTA = 5;

interface Recorded {
  readonly direction: 'in' | 'out';
  /** The line as it stood on the wire. */
  readonly line: string;
}

function readRecording(file: string): Recorded[] {
  return readFileSync(join(FOLDER, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const direction = line.startsWith('{"dir":"in"') ? 'in' : 'out';
      return { direction, line: line.slice(`{"dir":"${direction}","tone":`.length, -1) };
    });
}

/** Plays the recorded forager's side and checks every line that comes back against the recording, byte for byte. */
async function replay(nest: Nest, recording: readonly Recorded[]): Promise<void> {
  const dialled = await nest.dial();
  const nextLine = async () => {
    const tone = await dialled.next((candidate) => !isLateDelta(candidate));
    return dialled.lines[dialled.tones.indexOf(tone)] ?? '';
  };
  const ours = new Map<string, string>();
  const withOurIds = (line: string) => line.replace(CALL_ID, (id) => ours.get(id) ?? id);
  for (const { direction, line } of recording) {
    if (direction === 'out') {
      dialled.write(`${withOurIds(line)}\n`);
      continue;
    }
    const received = await nextLine();
    const receivedIds = received.match(CALL_ID) ?? [];
    for (const [index, id] of (line.match(CALL_ID) ?? []).entries()) ours.set(id, receivedIds[index] ?? '');
    expect(received).toBe(withOurIds(line));
  }
  dialled.send({ chi: 'settle', rid: 'last' });
  expect(await nextLine()).toBe('{"chi":"echo","ok":true,"rid":"last"}');
}

/** The recorded cancel may have been quicker than ours. */
function isLateDelta({ delta }: Tone): boolean {
  const index = /^t(\d+) $/.exec(String(delta))?.[1];
  return index !== undefined && Number(index) > LAST_RECORDED_DELTA;
}

describe('a recorded link plays the same', () => {
  const files = readdirSync(FOLDER).filter((file) => file !== 'call-another-bees-tool.ndjson');

  test.each(files)('%s', async (file) => {
    const nest = await startNest();
    await nest.echoWorker({ hive: 'scripted', models: ['script-a', 'script-b'] });
    await replay(nest, readRecording(file));
    expect(nest.daemon.openSids()).toEqual([]);
  });

  test('call-another-bees-tool.ndjson, with a bee that owns the tool', async () => {
    const nest = await startNest();
    const owner = await nest.forager({
      hive: 'embedder',
      tools: [{ name: 'embed', description: 'Embeds', inputSchema: { type: 'object', properties: {} } }],
    });
    const recording = readRecording('call-another-bees-tool.ndjson');
    const replayed = replay(nest, recording);
    const call = await owner.next(({ chi }) => chi === 'tool-call');
    expect(call).toMatchObject({ callId: 'call-1', toolName: 'embed', args: { input: ['a', 'b'] } });
    const embeddings = [
      [0.6, 0.8],
      [1, 0],
    ];
    owner.send({
      chi: 'tool-result',
      rid: 'emb-1',
      sid: call.sid,
      callId: call['callId'],
      toolName: 'embed',
      result: { embeddings },
      output: { embeddings },
      isError: false,
    });
    await replayed;
  });
});
