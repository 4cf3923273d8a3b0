import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { redisServer, startRedis } from './redis-server.js';
import { bodyOf, type Json, type Replica, startReplicas } from './replicas.js';

const user = (content: string): Json => ({ role: 'user', content });
const assistant = (content: string): Json => ({ role: 'assistant', content });
const one = [user('one')];
const two = [...one, assistant('one'), user('two')];
const three = [...two, assistant('two'), user('three')];

async function say(replica: Replica, messages: readonly Json[], hint = 'u1'): Promise<string> {
  const body = { model: 'claude-sonnet-4', messages, prompt_cache_key: hint };
  return (await bodyOf(replica.post('/v1/chat/completions', body))).choices[0].message.content;
}

const promptsOf = (replica: Replica) =>
  replica.sentOf('prompt').map(({ content, resume }) => ({ content, resume }));
const cleanedUp = (replica: Replica) => replica.sentOf('cleanup').map(({ sid }) => sid);

describe.skipIf(redisServer.isSkipped)(`sessions that replicas share${redisServer.note}`, () => {
  it('are resumed by another replica under a fresh sid, with what is new, and the first lets go of its own', async () => {
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url });
    await say(first, one);
    const sid = first.sentOf('prompt')[0]?.sid;
    expect(await say(second, two)).toBe('two');
    expect(promptsOf(second)).toEqual([{ content: 'two', resume: `nest-${sid}` }]);
    expect(second.sentOf('prompt')[0]?.sid).not.toBe(sid);
    await eventually(() => expect(cleanedUp(first)).toEqual([sid]));
    await say(second, three);
    expect(promptsOf(second)[1]).toEqual({ content: 'three', resume: undefined });
    expect(cleanedUp(second)).toEqual([]);
  });

  it('come back to the replica that had them first', async () => {
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url });
    await say(first, one);
    await say(second, two);
    await say(first, three);
    const resumed = second.sentOf('prompt')[0]?.sid;
    expect(promptsOf(first)[1]).toEqual({ content: 'three', resume: `nest-${resumed}` });
  });

  it('are sent whole where the worker has not told its own id', async () => {
    const { first, second } = await startReplicas({
      redisUrl: (await startRedis()).url,
      daemon: { filter: (tone) => (tone.chi === 'session-ready' ? undefined : tone) },
    });
    await say(first, one);
    await say(second, two);
    expect(promptsOf(second)[0]?.content).toContain('<turn role="assistant">\none\n</turn>');
    expect(promptsOf(second)[0]?.resume).toBeUndefined();
    await eventually(() => expect(cleanedUp(first)).toHaveLength(1));
  });

  it('are taken by one of two requests that go on with the same: the other one is sent whole', async () => {
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url });
    await say(first, one);
    await Promise.all([say(first, two), say(second, two)]);
    const later = [first.sentOf('prompt')[1], second.sentOf('prompt')[0]];
    const withNews = later.filter((prompt) => prompt?.['content'] === 'two');
    expect(withNews).toHaveLength(1);
    expect(later.filter((prompt) => String(prompt?.['content']).includes('<turn role="user">'))).toHaveLength(
      1,
    );
  });

  it('go on within each replica while Redis is gone, and are shared again when it is back', async () => {
    const redis = await startRedis();
    const { first, second } = await startReplicas({ redisUrl: redis.url });
    await say(first, one);
    await redis.kill();
    await say(first, two);
    expect(promptsOf(first)[1]).toEqual({ content: 'two', resume: undefined });
    await say(second, two);
    expect(promptsOf(second)[0]?.content).toContain('<turn role="user">\none\n</turn>');
    await redis.start();
    await eventually(async () => {
      const hint = `again ${Math.random()}`;
      await say(first, one, hint);
      await say(second, two, hint);
      expect(promptsOf(second).at(-1)?.content).toBe('two');
    });
  });

  it('are found by the id of a response everywhere, and taken once, whichever way', async () => {
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url });
    const respond = async (replica: Replica, body: Json): Promise<string> =>
      (await bodyOf(replica.post('/v1/responses', { model: 'claude-sonnet-4', ...body }))).id;
    const id = await respond(first, { input: one });
    const next = await respond(second, { input: 'two', previous_response_id: id });
    const sid = first.sentOf('prompt')[0]?.sid;
    expect(promptsOf(second)).toEqual([{ content: 'two', resume: `nest-${sid}` }]);
    await respond(second, { input: 'three', previous_response_id: next });
    expect(promptsOf(second)[1]).toEqual({ content: 'three', resume: undefined });
    const other = await respond(first, { input: [user('a')] });
    await respond(first, { input: [user('a'), assistant('a'), user('b')] });
    await respond(second, { input: 'c', previous_response_id: other });
    expect(promptsOf(first).at(-1)).toEqual({ content: 'b', resume: undefined });
    expect(promptsOf(second).at(-1)?.content).toContain('<turn role="assistant">\na\n</turn>');
    expect(promptsOf(second).at(-1)?.resume).toBeUndefined();
  });
});
