/** Results reach the worker of their own conversation, and no other, whatever ids workers and clients use. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { startScriptedWorker } from './scripted-worker.js';
import { LOOP_SURFACES, type LoopSurface } from './turn-surfaces.js';
import { startWorld, type World } from './world.js';

const routing = { daemon: { routeUndeclaredToolResults: true } };

async function ask(world: World, { path }: LoopSurface, body: unknown): Promise<unknown> {
  const response = await world.post(path, body);
  expect(response.status).toBe(200);
  return response.json();
}

describe.each(LOOP_SURFACES.map((surface) => [surface.name, surface] as const))('on %s', (_, surface) => {
  it.each(['functions.look:0', 'call_0'])('a worker that numbers its calls as %s', async (id) => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const mine = surface.ask('mine', false);
    const asked = ask(world, surface, mine);
    const parked = await worker.turn(0);
    parked.call(id);
    const [issued] = surface.callIds(await asked);
    expect(issued).not.toBe(id);

    // Another conversation, whose call had the same id at the worker, and which is not parked here.
    const other = surface.ask('another one', false);
    const replayed = ask(world, surface, surface.bring(other, await asked, 'not for you', id));
    const replay = await worker.turn(1);
    replay.text('an answer of its own');
    replay.finish();
    expect(surface.text(await replayed)).toBe('an answer of its own');
    expect(world.sentOf('tool-result')).toEqual([]);
    expect(world.bridge.nest.parkedTurns).toBe(1);

    const answered = ask(world, surface, surface.bring(mine, await asked, 'for me'));
    expect(await parked.result(id)).toBe('for me');
    parked.text('what I know');
    parked.finish();
    expect(surface.text(await answered)).toBe('what I know');
    expect(worker.turns).toHaveLength(2);
  });

  it('an id of the form of ours that is not parked here is replayed, and matches no conversation', async () => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const question = surface.ask('same words', false);
    const asked = ask(world, surface, question);
    (await worker.turn(0)).call('call_0');
    const foreign = `call_${'0'.repeat(32)}`;
    const replayed = ask(world, surface, surface.bring(question, await asked, 'seen', foreign));
    const replay = await worker.turn(1);
    replay.finish();
    await replayed;
    expect(world.sentOf('tool-result')).toEqual([]);
    expect(world.bridge.nest.parkedTurns).toBe(1);
  });

  it('a call that has lost its id belongs to the answer with its words, of several with the same question', async () => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const question = surface.ask('same words', false);
    const asked = ask(world, surface, question);
    const parked = await worker.turn(0);
    parked.text('It is 1,\n');
    parked.text('I think \ud83d');
    parked.text('\ude00.');
    parked.call('call_0');
    const answer = await asked;
    // Another one that is not parked here.
    const other = JSON.parse(JSON.stringify(answer).replace('It is 1', 'It is 2'));
    const replayed = ask(world, surface, surface.bring(question, other, 'not for you', 'call_0'));
    const replay = await worker.turn(1);
    replay.finish();
    await replayed;
    expect(world.sentOf('tool-result')).toEqual([]);
    expect(world.bridge.nest.parkedTurns).toBe(1);

    const answered = ask(world, surface, surface.bring(question, answer, 'for me', 'call_0'));
    expect(await parked.result('call_0')).toBe('for me');
    parked.finish();
    await answered;
  });

  it('two identical conversations go on each with its own worker', async () => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const question = surface.ask('best of two', false);
    const both = [ask(world, surface, question), ask(world, surface, question)];
    for (const index of [0, 1]) (await worker.turn(index)).call('call_0');
    const answers = await Promise.all(both);
    expect(world.bridge.nest.parkedTurns).toBe(2);
    const going = answers.map((answer, index) =>
      ask(world, surface, surface.bring(question, answer, `result ${index}`)),
    );
    const outputs = await Promise.all(worker.turns.map((turn) => turn.result('call_0')));
    expect([...outputs].sort()).toEqual(['result 0', 'result 1']);
    for (const [index, turn] of worker.turns.entries()) {
      turn.text(`after ${String(outputs[index])}`);
      turn.finish();
    }
    expect((await Promise.all(going)).map(surface.text)).toEqual(['after result 0', 'after result 1']);
    expect(world.sentOf('cancel')).toEqual([]);
    expect(worker.turns).toHaveLength(2);
  });

  it('a question that is asked once more lets one waiting worker go, and one only', async () => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const question = surface.ask('asked again', false);
    const both = [ask(world, surface, question), ask(world, surface, question)];
    for (const index of [0, 1]) (await worker.turn(index)).call('call_0');
    await Promise.all(both);
    const again = ask(world, surface, question);
    (await worker.turn(2)).finish();
    await again;
    expect(world.sentOf('cancel').map((tone) => tone.sid)).toEqual([worker.turns[0]?.sid]);
    expect(world.bridge.nest.parkedTurns).toBe(1);
  });
});

describe('a conversation with a name that ends on a tool call', () => {
  it('keeps its sid over the rounds of the tool, and goes on with it afterwards', async () => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world, 'stateful_session');
    const post = async (messages: readonly unknown[]) => {
      const response = await fetch(`${world.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'x-hum-session': 'mine' },
        body: JSON.stringify({
          model: 'scripted',
          messages,
          tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
        }),
      });
      return Object(await response.json()).choices[0].message;
    };
    const messages: unknown[] = [{ role: 'user', content: 'go' }];
    const first = post(messages);
    const turn = await worker.turn(0);
    turn.send({ chi: 'session-ready', nestId: 'nest-1' });
    turn.call('call_0');
    messages.push(await first);
    for (const round of [1, 2, 3]) {
      const { id } = Object(messages.at(-1)).tool_calls[0];
      messages.push({ role: 'tool', tool_call_id: id, content: `seen ${round}` });
      const next = post(messages);
      expect(await turn.result('call_0')).toBe(`seen ${round}`);
      turn.send({ chi: 'chunk', chunkType: 'tool_executed', callId: 'call_0', toolName: 'look' });
      if (round === 3) {
        turn.text('done');
        turn.finish();
      } else turn.call('call_0');
      messages.push(await next);
    }
    expect(messages.at(-1)).toMatchObject({ content: 'done' });
    expect(world.sentOf('cleanup')).toEqual([]);
    messages.push({ role: 'user', content: 'and now?' });
    const last = post(messages);
    const onward = await worker.turn(1);
    onward.text('that');
    onward.finish();
    expect(await last).toMatchObject({ content: 'that' });
    expect([onward.sid, onward.prompt['content']]).toEqual([turn.sid, 'and now?']);
    expect(world.sentOf('cancel')).toEqual([]);
  });

  it('whose results fail teaches the link nothing about others', async () => {
    const world = await startWorld(routing);
    const worker = await startScriptedWorker(world);
    const [, surface] = LOOP_SURFACES;
    if (surface === undefined) expect.fail('there are several');
    const one = surface.ask('one', false);
    const other = surface.ask('other', false);
    const asked = [ask(world, surface, one), ask(world, surface, other)];
    for (const index of [0, 1]) (await worker.turn(index)).call('call_0');
    const answers = await Promise.all(asked);
    // The first worker never takes its result, and never ends: its results are replayed.
    const replayed = ask(world, surface, surface.bring(one, answers[0], 'seen'));
    const silent = await worker.turn(0);
    await silent.result('call_0');
    const replay = await worker.turn(2);
    replay.finish();
    await replayed;
    const routed = ask(world, surface, surface.bring(other, answers[1], 'seen'));
    const second = await worker.turn(1);
    expect(await second.result('call_0')).toBe('seen');
    second.text('routed');
    second.finish();
    expect(surface.text(await routed)).toBe('routed');
  });
});

describe('a waiting worker whose results are not routed', () => {
  it.each<Readonly<Record<string, unknown>> & { readonly chi: string }>([
    { chi: 'pulse' },
    { chi: 'log', text: 'alive' },
    { chi: 'unheard-of' },
    { chi: 'chunk', chunkType: 'stream_start' },
    { chi: 'chunk', chunkType: 'content_block_stop', blockIdx: 1 },
    { chi: 'chunk', chunkType: 'text_delta', delta: '' },
    { chi: 'chunk', chunkType: 'tool_call', toolCallId: 'call_0', toolName: 'look' },
    { chi: 'chunk', part: { type: 'unheard-of' } },
  ])('does not hold its client by signs of life: the results are replayed: $chi $chunkType', async (tone) => {
    const world = await startWorld();
    const worker = await startScriptedWorker(world);
    const [surface] = LOOP_SURFACES;
    if (surface === undefined) expect.fail('there are several');
    const question = surface.ask('go', false);
    const asked = ask(world, surface, question);
    const parked = await worker.turn(0);
    parked.call('call_0');
    const brought = ask(world, surface, surface.bring(question, await asked, 'seen'));
    const pulses = setInterval(() => parked.send(tone), 5);
    const replay = await worker.turn(1).finally(() => clearInterval(pulses));
    replay.text('replayed');
    replay.finish();
    expect(surface.text(await brought)).toBe('replayed');
    await eventually(() => expect(parked.signal.aborted).toBe(true));
  });
});
