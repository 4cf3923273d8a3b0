/** A conversation that is made short: one sealed item, which only this bridge reads back, for the key that it was made for. */
import { describe, expect, it } from 'vitest';
import { COMPACTION_PROMPT, createSeal } from '../../../../src/http/openai/responses/compaction.js';
import { createOpenAISurface } from '../../../../src/http/openai/surface.js';
import { serveSurface } from '../../serve-surface.js';
import { post, ScriptedConversation, serve } from '../scripted-bridge.js';
import { readFrames } from './frames.js';
import { call, encode, planOf, say, stop, think, usage } from './plan.js';

const user = (text: string) => ({ role: 'user', content: [{ type: 'text', text }] });
const TRIGGER = { type: 'compaction_trigger' };
const history = [
  { role: 'user', content: 'fix the bug' },
  { role: 'assistant', content: 'which one?' },
  { role: 'user', content: 'the first' },
];
const shell = { type: 'function', name: 'shell', parameters: { type: 'object', properties: {} } };

async function start() {
  const conversation = new ScriptedConversation([[think('hm'), say('They want '), say('a fix.')], [stop]]);
  const { url, openai } = await serve(conversation);
  return { conversation, openai, url: `${url}/v1/responses` };
}

/** The sealed item that a response to `history` and a trigger holds. */
async function compact(url: string) {
  const response = await post(url, { model: 'm', input: [...history, TRIGGER], store: false });
  return Object(await response.json()).output[0];
}

describe('an input that ends in compaction_trigger', () => {
  it('is answered by one compaction item and nothing else: the golden sequence', async () => {
    const plan = { ...planOf(), seal: (summary: string) => `sealed(${summary})` };
    const events = [think('hm'), say('They want '), say('a fix.'), call('a', 'f', '{}'), stop];
    await expect(encode(events, plan)).toMatchFileSnapshot('golden/compaction.txt');
  });

  it('has the model asked for a summary, without tools', async () => {
    const { url, conversation } = await start();
    const body = {
      model: 'm',
      input: [...history, TRIGGER],
      tools: [shell],
      tool_choice: 'required',
      stream: true,
    };
    const frames = readFrames(await (await post(url, body)).text());
    const done = frames.filter(({ type }) => type === 'response.output_item.done');
    expect(done).toMatchObject([{ item: { type: 'compaction', id: expect.stringMatching(/^cmp_/) } }]);
    const [asked] = conversation.asked;
    expect(asked).toMatchObject({ tools: [], rights: { workerTools: 'none' } });
    expect(asked?.messages.at(-1)).toEqual(user(COMPACTION_PROMPT));
  });

  it('is read back as the summary, however it is streamed', async () => {
    const { url, conversation } = await start();
    const item = await compact(url);
    expect(JSON.stringify(item)).not.toContain('They want');
    await post(url, { model: 'm', input: [history[0], item, { role: 'user', content: 'go on' }] });
    const texts = conversation.asked[1]?.messages.map(({ content }) => Object(content[0]).text);
    expect(texts).toEqual([
      'fix the bug',
      expect.stringMatching(/summary[\s\S]*They want a fix\.$/),
      'go on',
    ]);
  });

  it('begins a chain anew', async () => {
    const { openai, conversation } = await start();
    const first = await openai.responses.create({ model: 'm', input: 'fix the bug' });
    const body = { model: 'm', input: [TRIGGER], previous_response_id: first.id };
    const compacted = await openai.responses.create(Object(body));
    await openai.responses.create({ model: 'm', input: 'go on', previous_response_id: compacted.id });
    expect(conversation.asked[2]?.messages).toMatchObject([
      { content: [{ text: expect.stringContaining('They want a fix.') }] },
      user('go on'),
    ]);
  });

  it('is incomplete and has no item where the summary is cut', () => {
    const plan = { ...planOf(), seal: (summary: string) => summary };
    const end = { type: 'finish', reason: 'length', usage } as const;
    const last = readFrames(encode([say('They'), end], plan)).at(-1);
    expect(last).toMatchObject({ type: 'response.incomplete', response: { output: [] } });
  });

  it('is refused where the trigger is not the last item', async () => {
    const { url } = await start();
    const response = await post(url, { model: 'm', input: [TRIGGER, ...history] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'input[0]', code: 'invalid_value' } });
  });
});

describe('a compaction', () => {
  it('opens after a restart and on a replica, and for no other key, secret or text', () => {
    const sealed = createSeal('secret', 'key').seal('Grüße');
    expect(createSeal('secret', 'key').open(sealed)).toBe('Grüße');
    expect(createSeal('secret', 'other').open(sealed)).toBeUndefined();
    expect(createSeal('secret', undefined).open(sealed)).toBeUndefined();
    expect(createSeal('other', 'key').open(sealed)).toBeUndefined();
    const { open } = createSeal('secret', 'key');
    for (const forged of ['', 'tb1.', 'tb1.AAAA', `${sealed}A`, `${sealed.slice(0, -2)}AA`, 'gAAAAABo'])
      expect(open(forged)).toBeUndefined();
    expect(createSeal('secret', 'key').seal('Grüße')).not.toBe(sealed);
  });

  it.each([{ encrypted_content: 'gAAAAABo' }, { encrypted_content: 'tb1.AAAA', type: 'compaction_summary' }])(
    'is refused by name where it was made elsewhere: %j',
    async (fields) => {
      const { url } = await start();
      const item = { type: 'compaction', ...fields };
      const response = await post(url, { model: 'm', input: [history[0], item] });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        error: { param: 'input[1].encrypted_content', code: 'invalid_encrypted_content' },
      });
    },
  );

  it('is for one API key', async () => {
    const conversation = new ScriptedConversation([[say('a summary'), stop]]);
    const url = `${await serveSurface({ create: createOpenAISurface, conversation, apiKey: 'one' })}/v1/responses`;
    const ask = (body: object) =>
      fetch(url, { method: 'POST', headers: { authorization: 'Bearer one' }, body: JSON.stringify(body) });
    const { output } = Object(await (await ask({ model: 'm', input: [...history, TRIGGER] })).json());
    expect((await ask({ model: 'm', input: output })).status).toBe(200);
    const open = await start();
    expect((await post(open.url, { model: 'm', input: output })).status).toBe(400);
  });
});

describe('POST /v1/responses/compact', () => {
  it('gives the messages of the user and the compaction, by the SDK', async () => {
    const { openai, conversation } = await start();
    const compacted = await openai.responses.compact({ model: 'm', input: Object(history) });
    expect(compacted).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      object: 'response.compaction',
      created_at: expect.any(Number),
      output: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'fix the bug' }] },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'the first' }] },
        { type: 'compaction', id: expect.stringMatching(/^cmp_/) },
      ],
      usage: { total_tokens: 5 },
    });
    await openai.responses.create({ model: 'm', input: Object([...compacted.output, history[2]]) });
    expect(conversation.asked[1]?.messages).toHaveLength(4);
  });
});
