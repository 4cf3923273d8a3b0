/** The bugs of other servers (src/http/openai/README.md, "Known bugs"), each as a rule that holds here. */
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../../src/core/fault.js';
import { post, ScriptedConversation, serve } from '../scripted-bridge.js';
import { type Frame, readFrames } from './frames.js';
import { call, encode, planOf, say, stop, think } from './plan.js';
import { fault, tools } from './turns.js';

const all = encode(
  [think('hm'), say('a'), call('c1', 'get_weather', '{}'), say('b'), stop],
  planOf({ tools }),
);
const framesOf = (stream: string, type: string) => readFrames(stream).filter((frame) => frame.type === type);
const keysOf = (frame: Frame | undefined) => Object.keys(frame ?? {});

async function start(batches: ConstructorParameters<typeof ScriptedConversation>[0] = [[say('a'), stop]]) {
  const conversation = new ScriptedConversation(batches);
  const { url, openai } = await serve(conversation);
  return { conversation, openai, url: `${url}/v1/responses` };
}

describe('bug', () => {
  it('27: reasoning never stands in the text, nor the text in the reasoning', async () => {
    const { openai } = await start([[think('hm'), say('a'), think('again'), say('b'), stop]]);
    const response = await openai.responses.create({
      model: 'm',
      input: 'hi',
      reasoning: { summary: 'auto' },
    });
    expect(response.output_text).toBe('ab');
    expect(response.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'reasoning', 'message']);
  });

  it('28: output_text.done is sent, with the whole text', () => {
    expect(framesOf(all, 'response.output_text.done').map(({ text }) => text)).toEqual(['a', 'b']);
  });

  it('29: every inner event has the id and the index of its item', () => {
    const added = framesOf(all, 'response.output_item.added');
    for (const { item_id, output_index, content_index } of readFrames(all)) {
      if (item_id === undefined) continue;
      expect(added[Number(output_index)]?.['item']).toMatchObject({ id: item_id });
      expect(content_index ?? 0).toBe(0);
    }
  });

  it('30: content_part.added comes before the first delta of each message', () => {
    const types = readFrames(all).map(({ type }) => type);
    for (const [index, type] of types.entries()) {
      if (type !== 'response.output_text.delta') continue;
      expect(types.slice(index - 2, index)).toEqual([
        'response.output_item.added',
        'response.content_part.added',
      ]);
    }
  });

  it('31: an item that is done has the id and the index that it was added with', () => {
    const identity = (frame: Frame) => ({ at: frame['output_index'], id: Object(frame['item']).id });
    const added = framesOf(all, 'response.output_item.added').map(identity);
    expect(framesOf(all, 'response.output_item.done').map(identity)).toEqual(added);
    expect(added.map(({ at }) => at)).toEqual([0, 1, 2, 3]);
  });

  it('32: every event of an item has its output_index', () => {
    for (const frame of readFrames(all))
      if (!('response' in frame)) expect(keysOf(frame)).toContain('output_index');
  });

  it('33: a response has every required field, from the first snapshot on', () => {
    const required =
      'id object created_at status access_programs background completed_at conversation error frequency_penalty incomplete_details instructions ' +
      'max_output_tokens max_tool_calls model moderation output parallel_tool_calls presence_penalty ' +
      'previous_response_id prompt prompt_cache_key prompt_cache_retention reasoning safety_identifier service_tier store temperature text ' +
      'tool_choice tools top_logprobs top_p truncation usage user metadata';
    for (const { response } of readFrames(all)) {
      if (response !== undefined) expect(Object.keys(Object(response))).toEqual(required.split(' '));
    }
  });

  it.each([
    [{ type: 'custom', name: 'apply_patch', format: { type: 'grammar', syntax: 'lark', definition: 'x' } }],
    [{ type: 'namespace', name: 'mcp__x__', description: '', tools: [{ type: 'function', name: 'y' }] }],
    [{ type: 'web_search', external_web_access: true }],
    [{ type: 'tool_search' }],
    [{ type: 'image_generation', output_format: 'png' }],
    [{ type: 'local_shell' }],
    [{ type: 'of_next_year', anything: {} }],
  ])('34: a tool that is no function is not refused: %j', async (tool) => {
    const { url } = await start();
    const response = await post(url, { model: 'm', input: 'hi', tools: [tool], tool_choice: 'auto' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ tools: [tool] });
  });

  it('35: the output of a call may be a list of parts', async () => {
    const { url, conversation } = await start();
    const output = [
      { type: 'input_text', text: 'a' },
      { type: 'input_image', image_url: 'https://x/y.png' },
    ];
    const input = [{ type: 'function_call_output', call_id: 'c1', output }];
    expect((await post(url, { model: 'm', input })).status).toBe(200);
    expect(conversation.asked[0]?.messages[0]?.content).toHaveLength(2);
  });

  it('36: additional_tools offers its tools', async () => {
    const { url, conversation } = await start([[call('c1', 'ns__g', '{}'), stop]]);
    const namespace = { type: 'namespace', name: 'ns', tools: [{ type: 'function', name: 'g' }] };
    const additional = {
      type: 'additional_tools',
      role: 'developer',
      tools: [namespace, { type: 'web_search' }],
    };
    const input = [additional, { role: 'user', content: 'hi' }];
    const response = await post(url, { model: 'm', input });
    expect(conversation.asked[0]?.tools.map(({ name }) => name)).toEqual(['ns__g']);
    expect(await response.json()).toMatchObject({
      output: [{ type: 'function_call', name: 'g', namespace: 'ns' }],
    });
  });

  it.each([
    [[say('a'), stop], 'completed'],
    [[stop], 'completed'],
    [[say('a'), { ...stop, reason: 'length' as const }], 'incomplete'],
    [[say('a'), { ...stop, reason: 'content-filter' as const }], 'incomplete'],
    [[say('a'), fault], 'failed'],
  ])('37: a stream has a terminal event: %#, %s', async (events, status) => {
    const { url } = await start([events]);
    const stream = await (await post(url, { model: 'm', input: 'hi', stream: true })).text();
    expect(readFrames(stream).at(-1)).toMatchObject({ type: `response.${status}`, response: { status } });
  });

  it('38: response.failed says why in response.error', () => {
    const full = new Fault('context-too-long', 'This model reads at most 5 tokens.');
    const last = readFrames(encode([say('a'), { type: 'fault', fault: full }])).at(-1);
    const error = { code: 'context_length_exceeded', message: 'This model reads at most 5 tokens.' };
    expect(last).toMatchObject({ type: 'response.failed', response: { error } });
    expect(keysOf(last)).toEqual(['type', 'sequence_number', 'response']);
  });

  it('39: no delta comes without an item that was added and is not done', () => {
    let open: unknown;
    for (const frame of readFrames(all)) {
      if (frame.type === 'response.output_item.added') open = Object(frame['item']).id;
      if (frame.type === 'response.output_item.done') open = undefined;
      if (frame.type.endsWith('.delta')) expect(frame['item_id']).toBe(open);
    }
  });

  it('40: a previous_response_id that is not known is refused, not passed over', async () => {
    const { url, conversation } = await start();
    const response = await post(url, { model: 'm', input: 'hi', previous_response_id: 'resp_x' });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: {
        message: "Previous response with id 'resp_x' not found.",
        type: 'invalid_request_error',
        param: 'previous_response_id',
        code: 'previous_response_not_found',
      },
    });
    expect(conversation.asked).toEqual([]);
  });

  it('41: a synchronous response cannot be cancelled, though it is known and has ended', async () => {
    const { openai } = await start();
    const { id } = await openai.responses.create({ model: 'm', input: 'hi' });
    await expect(openai.responses.cancel(id)).rejects.toMatchObject({
      status: 400,
      message: '400 Cannot cancel a synchronous response.',
    });
    expect(await openai.responses.retrieve(id)).toMatchObject({ status: 'completed', background: false });
  });

  it.each(['x', '\u0001', '語', '😀', '"', '\u2028'])('deltas stay below 64 KiB a line: %j', (character) => {
    const long = character.repeat(50_000);
    const stream = encode([think(long), say(long), call('c1', 'f', JSON.stringify({ long })), stop]);
    const deltas = stream.split('\n').filter((line) => /^data: .{1,60}\.delta"/.test(line));
    expect(deltas.length).toBeGreaterThan(10);
    for (const line of deltas) expect(Buffer.byteLength(line)).toBeLessThan(65_536);
    expect(
      framesOf(stream, 'response.output_text.delta')
        .map(({ delta }) => delta)
        .join(''),
    ).toBe(long);
  });
});
