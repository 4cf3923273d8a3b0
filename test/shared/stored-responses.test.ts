import { describe, expect, it, onTestFinished } from 'vitest';
import { NEVER_ABORTED } from '../../src/core/abort.js';
import { readJson } from '../../src/http/openai/responses/shared-json.js';
import { requestThreads } from '../../src/threads/request-threads.js';
import { defineTask } from '../../src/threads/task.js';
import { eventually } from '../eventually.js';
import { redisServer, startRedis } from './redis-server.js';
import { bodyOf, type Replica, startReplicas } from './replicas.js';

const SHARED_JSON = new URL('../../src/http/openai/responses/shared-json.ts', import.meta.url).href;
const READ_JSON = defineTask(SHARED_JSON, 'readJson', readJson);
const RESPONSES = '/v1/responses';
const say = (replica: Replica, input: unknown, fields: object = {}) =>
  replica.post(RESPONSES, { model: 'claude-sonnet-4', input, ...fields });
const statusOf = async (response: Promise<Response>) => (await response).status;

describe.skipIf(redisServer.isSkipped)(`responses that replicas share${redisServer.note}`, () => {
  it('are given, listed, referred to and gone on with by every replica', async () => {
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url });
    const one = await bodyOf(say(first, 'one'));
    expect(await bodyOf(second.get(`${RESPONSES}/${one.id}`))).toEqual(one);
    const { data } = await bodyOf(second.get(`${RESPONSES}/${one.id}/input_items`));
    expect(data).toMatchObject([{ role: 'user', content: [{ text: 'one' }] }]);
    await say(second, 'two', { previous_response_id: one.id });
    expect(second.sentOf('prompt').at(-1)?.['content']).toContain('two');
    const referred = await bodyOf(say(second, [{ type: 'item_reference', id: data[0].id }]));
    expect(referred.output[0].content[0].text).toBe('one');
  });

  it('are there for another replica as soon as a stream has told its end', async () => {
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url });
    const body = await (await say(first, 'one', { stream: true })).text();
    const id = /"id":"(resp_\w+)"/.exec(body)?.[1];
    expect(await statusOf(second.get(`${RESPONSES}/${id}`))).toBe(200);
  });

  it('are gone everywhere when one replica deletes them', async () => {
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url });
    const { id, output } = await bodyOf(say(first, 'one'));
    expect(await bodyOf(second.remove(`${RESPONSES}/${id}`))).toMatchObject({ deleted: true });
    for (const replica of [first, second]) {
      expect(await statusOf(replica.get(`${RESPONSES}/${id}`))).toBe(404);
      expect(await statusOf(say(replica, [{ type: 'item_reference', id: output[0].id }]))).toBe(400);
    }
  });

  it('are not shown to another key', async () => {
    const env = { OLLAMA_SERVER_API_KEY: 'one,two' };
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url, env });
    const key = (name: string) => ({ authorization: `Bearer ${name}` });
    const body = { model: 'claude-sonnet-4', input: 'one' };
    const { id } = await bodyOf(first.post(RESPONSES, body, key('one')));
    expect(await statusOf(second.get(`${RESPONSES}/${id}`, key('two')))).toBe(404);
    expect(await statusOf(second.get(`${RESPONSES}/${id}`, key('one')))).toBe(200);
  });

  it('that are too long to be shared stay with the replica that made them', async () => {
    const env = { OLLAMA_SERVER_CONTEXT_LENGTH: '10000000' };
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url, env });
    const long = { role: 'user', content: 'x'.repeat(5 * 2 ** 20) };
    const made = await bodyOf(say(first, [long, { role: 'user', content: 'one' }]));
    expect(made).toMatchObject({ status: 'completed' });
    const { id } = made;
    expect(await statusOf(first.get(`${RESPONSES}/${id}`))).toBe(200);
    expect(await statusOf(second.get(`${RESPONSES}/${id}`))).toBe(404);
  });

  it('are never said to be gone where too much is read at once to read them, nor are conversations', async () => {
    const env = { OLLAMA_SERVER_CONTEXT_LENGTH: '10000000' };
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url, env });
    const long = { role: 'user', content: 'x'.repeat(1.5 * 2 ** 20) };
    const { id } = await bodyOf(say(first, [long, { role: 'user', content: 'one' }]));
    const conversation = await bodyOf(first.post('/v1/conversations', { items: [long] }));
    const paths = [`${RESPONSES}/${id}`, `/v1/conversations/${conversation.id}`];
    const statuses = () => Promise.all(paths.map((path) => statusOf(second.get(path))));
    const json = JSON.stringify(Array.from({ length: 2 ** 14 }, () => [1]));
    let isBusy = true;
    const keepBusy = async () => {
      while (isBusy) await requestThreads.run(READ_JSON, json, NEVER_ABORTED);
    };
    const others = Promise.allSettled(Array.from({ length: 64 }, keepBusy));
    expect(await statuses()).toEqual([503, 503]);
    isBusy = false;
    await others;
    expect(await statuses()).toEqual([200, 200]);
  });

  it('stay with the replica that made them while Redis is gone', async () => {
    const redis = await startRedis();
    const { first, second } = await startReplicas({ redisUrl: redis.url });
    const before = await bodyOf(say(first, 'before'));
    await redis.kill();
    const during = await bodyOf(say(first, 'during'));
    for (const { id } of [before, during]) {
      expect(await statusOf(first.get(`${RESPONSES}/${id}`))).toBe(200);
      expect(await statusOf(second.get(`${RESPONSES}/${id}`))).toBe(404);
    }
    expect(await statusOf(say(second, 'two', { previous_response_id: during.id }))).toBe(400);
  });

  it('that are deleted while Redis is gone are gone here at once, and elsewhere when it is back', async () => {
    const redis = await startRedis();
    const { first, second } = await startReplicas({ redisUrl: redis.url });
    const { id } = await bodyOf(say(first, 'one'));
    redis.pause();
    onTestFinished(redis.resume);
    expect(await statusOf(first.remove(`${RESPONSES}/${id}`))).toBe(200);
    expect(await statusOf(first.get(`${RESPONSES}/${id}`))).toBe(404);
    redis.resume();
    expect(await statusOf(first.get(`${RESPONSES}/${id}`))).toBe(404);
    await eventually(async () => expect(await statusOf(second.get(`${RESPONSES}/${id}`))).toBe(404));
    const { id: later } = await bodyOf(say(first, 'two'));
    await eventually(async () => expect(await statusOf(second.get(`${RESPONSES}/${later}`))).toBe(200));
    expect(await statusOf(second.get(`${RESPONSES}/${id}`))).toBe(404);
  });
});
