/** Responses that are made while nobody waits, and streams that are taken up again. */
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../../src/core/fault.js';
import { createOpenAISurface } from '../../../../src/http/openai/surface.js';
import { eventually } from '../../../eventually.js';
import { card, modelOf } from '../../../model.js';
import { openWebSocketClient } from '../../open-web-socket.js';
import { type ServedSurface, serveSurface } from '../../serve-surface.js';
import { post, serve } from '../scripted-bridge.js';
import { SteeredConversation, type SteeredTurn } from '../steered-conversation.js';
import { readFrames, typesOf } from './frames.js';
import { encodeBackground, planOf, say, stop } from './plan.js';
import { fault } from './turns.js';

const ask = { model: 'm', input: 'hi', background: true };

async function start(served: Partial<ServedSurface> = {}) {
  const conversation = new SteeredConversation();
  const base = await serveSurface({ create: createOpenAISurface, conversation, ...served });
  const url = `${base}/v1/responses`;
  const turn = async (index = 0): Promise<SteeredTurn> => {
    await eventually(() => expect(conversation.turns.length).toBeGreaterThan(index));
    const begun = conversation.turns[index];
    if (begun === undefined) throw new Error('it has begun');
    return begun;
  };
  const get = async (path: string) => Object(await (await fetch(`${url}/${path}`)).json());
  return { conversation, url, turn, get };
}

const bodyOf = async (response: Promise<Response>) => Object(await (await response).json());

/** Reads a stream up to where `end` stands in it, and leaves. */
async function readUntil(response: Response, end: string): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes(end)) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    if (done) throw new Error(`ended before ${end}: ${text}`);
    text += value;
  }
  await reader?.cancel();
  return text;
}

/** The numbers of the events in a part of a stream. */
function numbersOf(stream: string): readonly number[] {
  return [...stream.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
}

function idOf(stream: string): string {
  return /"id":"(resp_\w+)"/.exec(stream)?.[1] ?? '';
}

describe('a response in the background', () => {
  it('is queued at once, in progress once its prompt is out, and whole in the end', async () => {
    const { url, turn, get } = await start();
    const response = await post(url, ask);
    expect(response.status).toBe(200);
    const queued = Object(await response.json());
    expect(queued).toMatchObject({
      id: expect.stringMatching(/^resp_[a-z0-9]{24,}$/),
      status: 'queued',
      background: true,
      output: [],
      usage: null,
    });
    const running = await turn();
    expect(await get(queued.id)).toEqual(queued);
    running.request.onSent?.('sid', 'prompt');
    expect(await get(queued.id)).toEqual({ ...queued, status: 'in_progress' });
    running.say(say('Hello'), stop);
    await eventually(async () => expect((await get(queued.id)).status).toBe('completed'));
    expect(await get(queued.id)).toMatchObject({
      background: true,
      completed_at: expect.any(Number),
      output: [{ content: [{ text: 'Hello' }] }],
      usage: { total_tokens: 5 },
    });
    expect(await get(`${queued.id}/input_items`)).toMatchObject({ data: [{ content: [{ text: 'hi' }] }] });
  });

  it('has the golden events', async () => {
    const events = [say('Hel'), say('lo'), stop];
    await expect(encodeBackground(events, planOf({ background: true }))).resolves.toMatchFileSnapshot(
      'golden/background.txt',
    );
    await expect(
      encodeBackground([say('Hel')], planOf({ background: true }), 'cancel'),
    ).resolves.toMatchFileSnapshot('golden/background-cancelled.txt');
  });

  it('streams its events where that is asked for, numbered from 0', async () => {
    const { url, turn } = await start();
    const response = post(url, { ...ask, stream: true });
    (await turn()).say(say('a'), stop);
    const text = await (await response).text();
    expect(typesOf(text).slice(0, 4)).toEqual(['created', 'queued', 'in_progress', 'output_item.added']);
    expect(readFrames(text)[0]).toMatchObject({ response: { status: 'queued' } });
    expect(readFrames(text)[2]).toMatchObject({ response: { status: 'in_progress' } });
  });

  it('goes on when its client leaves, and the stream is taken up where it broke', async () => {
    const { url, turn, get } = await start();
    const response = await post(url, { ...ask, stream: true });
    const running = await turn();
    running.say(say('one'));
    const first = await readUntil(response, '"delta":"one"');
    const id = idOf(first);
    const last = numbersOf(first).at(-1) ?? -1;
    running.say(say('two'));
    const again = fetch(`${url}/${id}?stream=true&starting_after=${last}`);
    running.say(say('three'), stop);
    const rest = await (await again).text();
    expect(running.signal.aborted).toBe(false);
    expect(rest.startsWith('event: response.output_text.delta\n')).toBe(true);
    const whole = readFrames(first + rest);
    expect(whole.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { output: [{ content: [{ text: 'onetwothree' }] }] },
    });
    expect(await (await fetch(`${url}/${id}?stream=true`)).text()).toBe(first + rest);
    expect((await get(id)).status).toBe('completed');
  });

  it('can be followed by several clients at once, from wherever they like', async () => {
    const { url, turn } = await start();
    const { id } = await bodyOf(post(url, ask));
    const running = await turn();
    const streams = [0, 1, 2].map((after) => fetch(`${url}/${id}?stream=true&starting_after=${after}`));
    const whole = fetch(`${url}/${id}?stream=true`);
    await Promise.all(streams.slice(0, 1));
    running.say(say('a'));
    running.say(say('b'), stop);
    const all = numbersOf(await (await whole).text());
    expect(all).toEqual([...all.keys()]);
    const parts = await Promise.all(streams.map(async (stream) => numbersOf(await (await stream).text())));
    expect(parts).toEqual([all.slice(1), all.slice(2), all.slice(3)]);
  });

  it('is cancelled with its turn, and keeps what it had', async () => {
    const { url, turn, get } = await start();
    const response = await post(url, { ...ask, stream: true });
    const running = await turn();
    running.say(say('half'));
    const first = await readUntil(response, '"delta":"half"');
    const id = idOf(first);
    const following = fetch(`${url}/${id}?stream=true&starting_after=1`);
    const cancelled = await bodyOf(post(`${url}/${id}/cancel`, {}));
    expect(running.signal.aborted).toBe(true);
    expect(cancelled).toMatchObject({
      id,
      status: 'cancelled',
      error: null,
      output: [{ status: 'incomplete', content: [{ text: 'half' }] }],
    });
    expect(await get(id)).toEqual(cancelled);
    expect(await bodyOf(post(`${url}/${id}/cancel`, {}))).toEqual(cancelled);
    const frames = (await (await following).text()).trimEnd().split('\n\n');
    expect(frames.at(-1)).toMatch(/^event: response\.failed\n/);
    expect(frames.at(-1)).toContain('"status":"cancelled"');
  });

  it('that has ended is not changed by a cancel', async () => {
    const { url, turn, get } = await start();
    const { id } = await bodyOf(post(url, ask));
    (await turn()).say(say('a'), stop);
    await eventually(async () => expect((await get(id)).status).toBe('completed'));
    expect(await bodyOf(post(`${url}/${id}/cancel`, {}))).toMatchObject({ id, status: 'completed' });
  });

  it('is cancelled by its deletion, and not kept', async () => {
    const { url, turn } = await start();
    const { id } = await bodyOf(post(url, ask));
    const running = await turn();
    running.say(say('half'));
    expect(await bodyOf(fetch(`${url}/${id}`, { method: 'DELETE' }))).toEqual({
      id,
      object: 'response',
      deleted: true,
    });
    expect(running.signal.aborted).toBe(true);
    for (const query of ['', '?stream=true']) expect((await fetch(`${url}/${id}${query}`)).status).toBe(404);
  });

  it('fails in the words of a failed response', async () => {
    const { url, turn, get } = await start();
    const { id } = await bodyOf(post(url, ask));
    (await turn()).say(fault);
    await eventually(async () =>
      expect(await get(id)).toMatchObject({
        status: 'failed',
        error: { code: 'server_error', message: 'no credit' },
      }),
    );
  });

  it('can be gone on from', async () => {
    const { url, turn, get } = await start();
    const { id } = await bodyOf(post(url, ask));
    (await turn()).say(say('Hello'), stop);
    await eventually(async () => expect((await get(id)).status).toBe('completed'));
    await post(url, { ...ask, input: 'more', previous_response_id: id });
    expect((await turn(1)).request.messages).toHaveLength(3);
  });

  it('goes on when the WebSocket closes that asked for it', async () => {
    const { url, turn, get } = await start();
    const client = await openWebSocketClient(url);
    client.send({ type: 'response.create', ...ask });
    const [created] = await client.until('response.queued');
    const { id } = Object(created).response;
    const running = await turn();
    client.close();
    await client.closed;
    running.say(say('a'), stop);
    await eventually(async () => expect((await get(id)).status).toBe('completed'));
  });

  it.each([{ store: false }, { store: false, stream: true }])('has to be stored: %j', async (fields) => {
    const { url, conversation } = await start();
    const response = await post(url, { ...ask, ...fields });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'background', code: 'invalid_value' } });
    expect(conversation.turns).toEqual([]);
  });

  it('is refused at once where its model is unknown', async () => {
    const { url } = await start();
    expect((await post(url, { ...ask, model: 'unknown' })).status).toBe(404);
  });

  it('is refused at once where its model cannot do what it needs', async () => {
    const conversation = new SteeredConversation();
    conversation.models = () => [modelOf('m', { card: { ...card, capabilities: ['completion'] } })];
    const { url } = await serve(conversation);
    const tools = [{ type: 'function', name: 'f', parameters: {} }];
    expect((await post(`${url}/v1/responses`, { ...ask, tools })).status).toBe(400);
  });

  it('is a 503 where too many are made', async () => {
    const { url, turn, get } = await start({ settings: { maxBackground: 1 } });
    const { id } = await bodyOf(post(url, ask));
    const second = await post(url, ask);
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1']);
    (await turn()).say(stop);
    await eventually(async () => expect((await get(id)).status).toBe('completed'));
    await eventually(async () => expect((await post(url, ask)).status).toBe(200));
  });

  it('of another process is a 404 that says so', async () => {
    const one = await start();
    const other = await start();
    const { id } = await bodyOf(post(one.url, ask));
    for (const path of [`${id}`, `${id}?stream=true`, `${id}/input_items`]) {
      const response = await fetch(`${other.url}/${path}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({
        error: { message: expect.stringContaining('another process') },
      });
    }
    expect((await post(`${other.url}/${id}/cancel`, {})).status).toBe(404);
  });
});

describe('a stream that was not in the background', () => {
  it('is taken up again while its response is kept', async () => {
    const { url, turn } = await start();
    const response = post(url, { model: 'm', input: 'hi', stream: true });
    (await turn()).say(say('a'), stop);
    const whole = await (await response).text();
    const again = await fetch(`${url}/${idOf(whole)}?stream=true&starting_after=3`);
    expect(again.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(whole.endsWith(await again.text())).toBe(true);
  });

  it('that broke ends its turn, and what was sent of it can be read to its end', async () => {
    const { url, turn } = await start();
    const response = await post(url, { model: 'm', input: 'hi', stream: true });
    const running = await turn();
    running.say(say('half'));
    const first = await readUntil(response, '"delta":"half"');
    await eventually(() => expect(running.signal.aborted).toBe(true));
    const id = idOf(first);
    const rest = await (
      await fetch(`${url}/${id}?stream=true&starting_after=${numbersOf(first).at(-1)}`)
    ).text();
    expect(readFrames(first + rest).at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'cancelled', output: [{ status: 'incomplete', content: [{ text: 'half' }] }] },
    });
  });

  it('stays deleted where its client deletes it before its end, and is told it to its end', async () => {
    const { url, turn } = await start();
    const response = await post(url, { model: 'm', input: 'hi', stream: true });
    const running = await turn();
    running.say(say('half'));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let told = '';
    const readOn = async () => {
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
      told += value ?? '';
      return !done;
    };
    while (!told.includes('"delta":"half"')) await readOn();
    const id = idOf(told);
    expect((await fetch(`${url}/${id}`, { method: 'DELETE' })).status).toBe(200);
    running.say(say(' and half'), stop);
    while (await readOn());
    expect(told).toContain('response.completed');
    for (const path of ['', '/input_items', '?stream=true'])
      expect((await fetch(`${url}/${id}${path}`)).status, path).toBe(404);
    expect((await fetch(`${url}/${id}`, { method: 'DELETE' })).status).toBe(404);
    const next = await post(url, { model: 'm', input: 'and?', previous_response_id: id });
    expect(next.status).toBe(400);
  });

  it('leaves no events with store false, nor where nothing was sent', async () => {
    const { url, turn } = await start();
    const response = post(url, { model: 'm', input: 'hi', stream: true, store: false });
    (await turn()).say(say('a'), stop);
    expect((await fetch(`${url}/${idOf(await (await response).text())}?stream=true`)).status).toBe(404);
    const refused = post(url, { model: 'm', input: 'hi', stream: true });
    (await turn(1)).say({ type: 'fault', fault: new Fault('busy', 'too much work') });
    expect((await refused).status).toBe(503);
  });

  it.each(['-1', 'x', '1.5'])('is refused a number that is none: %s', async (after) => {
    const { url, turn } = await start();
    const response = post(url, { model: 'm', input: 'hi', stream: true });
    (await turn()).say(stop);
    const id = idOf(await (await response).text());
    const again = await fetch(`${url}/${id}?stream=true&starting_after=${after}`);
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ error: { param: 'starting_after' } });
  });
});

describe('what is kept of streams', () => {
  const whole = async ({ url, turn }: Awaited<ReturnType<typeof start>>, index: number, text = 'a') => {
    const response = post(url, { model: 'm', input: 'hi', stream: true });
    (await turn(index)).say(say(text), stop);
    return idOf(await (await response).text());
  };

  it.each([
    ['their number', { maxKeptStreams: 2 }],
    ['their bytes', { maxKeptStreamBytes: 20_000 }],
  ])('is bounded by %s, the oldest going first; the responses themselves stay', async (_, settings) => {
    const served = await start({ settings });
    const ids: string[] = [];
    for (const index of [0, 1, 2]) ids.push(await whole(served, index, 'x'.repeat(600)));
    const statuses = await Promise.all(
      ids.map(async (id) => (await fetch(`${served.url}/${id}?stream=true`)).status),
    );
    expect(statuses).toEqual([400, 200, 200]);
    expect((await fetch(`${served.url}/${ids[0]}`)).status).toBe(200);
  });

  it('is bounded by its age', async () => {
    const served = await start({ settings: { keptStreamMs: 1 } });
    const id = await whole(served, 0);
    await eventually(async () => expect((await fetch(`${served.url}/${id}?stream=true`)).status).toBe(400));
  });

  it('is cut off where a response is longer than all that may be kept', async () => {
    const { url, turn, get } = await start({ settings: { maxKeptStreamBytes: 10_000 } });
    const response = await post(url, { ...ask, stream: true });
    const running = await turn();
    const first = await readUntil(response, 'response.queued');
    const id = idOf(first);
    const following = (await fetch(`${url}/${id}?stream=true`)).text();
    running.say(say('x'.repeat(20_000)));
    running.say(stop);
    await expect(following).rejects.toThrow();
    await eventually(async () => expect((await get(id)).status).toBe('completed'));
    expect((await fetch(`${url}/${id}?stream=true`)).status).toBe(400);
  });
});
