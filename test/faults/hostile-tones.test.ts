import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { script, startWorld } from '../front-door/world.js';
import { flawOf } from './hostile/answer-shape.js';
import { createDice, type Dice } from './hostile/dice.js';
import { mutateText } from './hostile/mutate.js';
import { send } from './hostile/send.js';

/** `npm run fuzz` is a longer hunt. */
const SEED = Number(process.env['HOSTILE_SEED'] ?? 1);
const RUNS = Number(process.env['HOSTILE_RUNS'] ?? 120);
const AT_ONCE = 8;
const MAX_TONES = 12;
const PATIENCE_MS = 10_000;

const MODEL = 'claude-sonnet-4';
const PARAMETERS = { type: 'object', properties: {} };

/** One request for each kind of stream and of whole answer. `mark` tells its prompt from others. */
function toBodies(mark: string): readonly (readonly [path: string, body: object])[] {
  // A worker that has begun and says nothing: what comes for its sid is ours.
  const content = script({ hang: true, mark });
  const messages = [{ role: 'user', content }];
  const tools = [{ type: 'function', function: { name: 'weather', parameters: PARAMETERS } }];
  const flatTools = [{ type: 'function', name: 'weather', parameters: PARAMETERS }];
  const anthropicTools = [{ name: 'weather', input_schema: PARAMETERS }];
  return [true, false].flatMap((stream) => [
    ['/api/chat', { model: MODEL, messages, tools, stream }],
    ['/api/generate', { model: MODEL, prompt: content, stream }],
    ['/v1/chat/completions', { model: MODEL, messages, tools, stream }],
    ['/v1/completions', { model: MODEL, prompt: content, stream }],
    ['/v1/responses', { model: MODEL, input: content, tools: flatTools, stream }],
    ['/v1/messages', { model: MODEL, messages, max_tokens: 9, tools: anthropicTools, stream }],
  ]);
}

/** What a worker may say of a turn, good to begin with. */
function tonesOf(sid: string): readonly object[] {
  const call = { id: 'call_1', name: 'weather', input: { city: 'Oslo' } };
  const usage = { input_tokens: 3, output_tokens: 4, cache_read_input_tokens: 1 };
  return [
    { chi: 'session-ready', sid, nestId: 'nest' },
    { chi: 'chunk', sid, chunkType: 'text_delta', blockIdx: 1, delta: 'Hello' },
    { chi: 'chunk', sid, chunkType: 'reasoning_delta', blockIdx: 0, delta: 'Hm' },
    {
      chi: 'chunk',
      sid,
      chunkType: 'tool_input_start',
      toolCallId: 'call_1',
      toolName: 'weather',
      blockIdx: 2,
    },
    { chi: 'chunk', sid, chunkType: 'tool_input_delta', partialJson: '{"ci', blockIdx: 2 },
    { chi: 'chunk', sid, chunkType: 'content_block_stop', blockIdx: 2 },
    { chi: 'chunk', sid, chunkType: 'tool_executed', toolName: 'Bash', isError: false, output: 'x' },
    { chi: 'chunk', sid, index: 0, part: { type: 'text', text: 'Hello' } },
    { chi: 'chunk', sid, index: 1, part: { type: 'reasoning', text: 'Hm' } },
    { chi: 'chunk', sid, index: 2, part: { type: 'tool_use', toolCall: call } },
    { chi: 'tool-call', sid, callId: 'call_1', toolName: 'weather', name: 'weather', args: { city: 'Oslo' } },
    { chi: 'tool-result', sid, callId: 'call_1', output: 'x', isError: false },
    { chi: 'tool-info', sid, toolName: 'Bash' },
    { chi: 'pulse', sid },
    { chi: 'echo', rid: 'rid', ok: true },
    { chi: 'breath', from: 'daemon', sessions: [], protoVersion: '0.7.0' },
    { chi: 'finish', sid, finishReason: 'stop', usage, exitCode: 0 },
    { chi: 'error', sid, code: 'worker_error', message: 'It broke' },
  ];
}

describe('hostile tones', () => {
  it(
    `end every turn exactly once, and break no stream and no bridge (seed ${SEED})`,
    async () => {
      const world = await startWorld({ env: { OLLAMA_SERVER_TOOL_RESULTS: 'replay' } });
      const flaws: string[] = [];
      const statuses = new Map<string, number>();
      let next = 0;
      const run = async (index: number) => {
        const dice = createDice(SEED * 1_000_003 + index);
        const mark = `mark-${index}-`;
        const [path, body] = dice.pick(toBodies(mark));
        const before = world.sentOf('prompt').length;
        const answer = send(
          world.url,
          { method: 'POST', path, body: Buffer.from(JSON.stringify(body)) },
          PATIENCE_MS,
        );
        let early: string | undefined;
        answer.then(
          ({ status, text }) => {
            early = `${status} ${text}`;
          },
          (error: unknown) => {
            early = String(error);
          },
        );
        const sid = await eventuallySid(
          () => sidOf(world.sentOf('prompt').slice(before), mark),
          () => `run ${index} of seed ${SEED}: ${path} has no prompt, but ${early ?? 'no answer either'}`,
        );
        for (const line of linesFor(sid, dice)) world.daemon().sendRaw(line);
        world.daemon().sendRaw(`${JSON.stringify({ chi: 'finish', sid, finishReason: 'stop' })}\n`);
        const flaw = await answer.then(
          (whole) => {
            const kind = `${path} ${whole.status}`;
            statuses.set(kind, (statuses.get(kind) ?? 0) + 1);
            return whole.status === 500 ? `500 ${whole.text}` : flawOf(path, whole);
          },
          (error: unknown) => String(error),
        );
        if (flaw !== undefined) flaws.push(`run ${index} of seed ${SEED}: ${path}: ${flaw}`);
      };
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          while (next < RUNS) await run(next++);
        }),
      );
      if (process.env['HOSTILE_RUNS'] !== undefined) {
        const counts = [...statuses].sort().map(([kind, count]) => `${String(count).padStart(6)}  ${kind}\n`);
        process.stdout.write(
          `${counts.join('')}${RUNS} turns of seed ${SEED}, of which ${flaws.length} went wrong\n`,
        );
      }
      expect(flaws).toEqual([]);
      await eventually(() => {
        const { nest } = world.bridge;
        expect([nest.runningTurns, nest.openSids, world.daemon().openSids()]).toEqual([0, 0, []]);
      });
      expect(world.bridge.nest.link()).toBe('up');
      expect(Object.keys(Object.prototype)).toEqual([]);
    },
    20_000 + RUNS * 200,
  );
});

function linesFor(sid: string, dice: Dice): readonly string[] {
  const tones = tonesOf(sid);
  return Array.from({ length: dice.below(MAX_TONES + 1) }, () => `${mutateText(dice.pick(tones), dice)}\n`);
}

function sidOf(prompts: readonly object[], mark: string): string | undefined {
  const { sid }: { sid?: unknown } = prompts.find((prompt) => JSON.stringify(prompt).includes(mark)) ?? {};
  return typeof sid === 'string' ? sid : undefined;
}

async function eventuallySid(find: () => string | undefined, complain: () => string): Promise<string> {
  let sid: string | undefined;
  await eventually(() => {
    sid = find();
    expect(sid, complain()).toBeDefined();
  }, PATIENCE_MS);
  return sid ?? '';
}
