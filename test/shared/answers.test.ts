import { describe, expect, it } from 'vitest';
import { chat } from '../front-door/world.js';
import { redisServer, startRedis } from './redis-server.js';
import { type Replica, startReplicas } from './replicas.js';

const env = { OLLAMA_SERVER_ANSWER_CACHE_TTL_MS: '60000' };

async function outcomeOf(replica: Replica, text: string): Promise<string | null> {
  const response = await replica.post('/v1/chat/completions', chat(text, { temperature: 0 }));
  await response.text();
  return response.headers.get('x-hum-cache');
}

describe.skipIf(redisServer.isSkipped)(`answers that replicas share${redisServer.note}`, () => {
  it('are given again by every replica', async () => {
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url, env });
    expect([await outcomeOf(first, 'one'), await outcomeOf(second, 'one')]).toEqual(['miss', 'hit']);
    expect(second.sentOf('prompt')).toEqual([]);
  });

  it('are each replica’s own while Redis is gone', async () => {
    const redis = await startRedis();
    const { first, second } = await startReplicas({ redisUrl: redis.url, env });
    await redis.kill();
    const seen = [];
    for (const replica of [first, second, first, second]) seen.push(await outcomeOf(replica, 'one'));
    expect(seen).toEqual(['miss', 'miss', 'hit', 'hit']);
  });
});
