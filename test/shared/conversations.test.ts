import { describe, expect, it } from 'vitest';
import { redisServer, startRedis } from './redis-server.js';
import { bodyOf, type Replica, startReplicas } from './replicas.js';

const say = (replica: Replica, input: string, conversation: string) =>
  replica.post('/v1/responses', { model: 'claude-sonnet-4', input, conversation });

describe.skipIf(redisServer.isSkipped)(`conversations that replicas share${redisServer.note}`, () => {
  it('are given, added to and deleted by every replica', async () => {
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url });
    const made = await bodyOf(first.post('/v1/conversations', { metadata: { a: 'b' } }));
    const path = `/v1/conversations/${made.id}`;
    expect(await bodyOf(second.get(path))).toEqual(made);
    await bodyOf(say(first, 'one', made.id));
    await bodyOf(say(second, 'two', made.id));
    await bodyOf(say(first, 'three', made.id));
    // Only the news: what the others said is in the session that its worker remembers.
    expect(first.sentOf('prompt').at(-1)?.['content']).toBe('three');
    expect(await bodyOf(second.remove(path))).toMatchObject({ deleted: true });
    for (const replica of [first, second]) {
      expect((await replica.get(path)).status).toBe(404);
      expect((await say(replica, 'four', made.id)).status).toBe(404);
    }
  });
});
