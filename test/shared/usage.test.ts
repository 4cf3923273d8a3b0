import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { chat, script } from '../front-door/world.js';
import { redisServer, startRedis } from './redis-server.js';
import { bodyOf, type Replica, startReplicas } from './replicas.js';

const say = (replica: Replica, steps: Record<string, unknown> = { say: ['a'] }) =>
  replica.post('/v1/chat/completions', chat(script(steps))).then((response) => response.text());
const usageOf = async (replica: Replica) => (await bodyOf(replica.get('/v1/usage'))).data;

describe.skipIf(redisServer.isSkipped)(`GET /v1/usage of replicas${redisServer.note}`, () => {
  it('sums the turns of all of them up, whichever is asked', async () => {
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url });
    await say(first);
    await say(first, { error: { message: 'no' } });
    await say(second);
    const row = { key_id: null, model: 'claude-sonnet-4', turns: 3, failed_turns: 1 };
    for (const replica of [first, second]) {
      await eventually(async () =>
        expect(await usageOf(replica)).toMatchObject([
          { ...row, prompt_tokens: 28, completion_tokens: 14, cached_tokens: 6, estimated_turns: 0 },
        ]),
      );
    }
  });

  it('is each one’s own while Redis is gone; what was counted then is added when it is back', async () => {
    const redis = await startRedis();
    const { first, second } = await startReplicas({ redisUrl: redis.url });
    await redis.kill();
    await say(first);
    await say(second);
    await say(second);
    expect(await usageOf(first)).toMatchObject([{ turns: 1 }]);
    expect(await usageOf(second)).toMatchObject([{ turns: 2 }]);
    await redis.start();
    await eventually(async () => expect(await usageOf(first)).toMatchObject([{ turns: 3 }]));
  });
});
