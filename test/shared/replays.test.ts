import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { script } from '../front-door/world.js';
import { redisServer, startRedis } from './redis-server.js';
import { bodyOf, type Json, type Replica, startReplicas } from './replicas.js';

const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }];
const question = {
  role: 'user',
  content: script({ tools: [{ name: 'get_weather', args: { city: 'Paris' } }], then: ['21C.'] }),
};

async function ask(replica: Replica, messages: readonly Json[], key = 'one') {
  const body = { model: 'claude-sonnet-4', messages, tools };
  const answer = await bodyOf(replica.post('/v1/chat/completions', body, { authorization: `Bearer ${key}` }));
  return answer.choices[0].message;
}

describe.skipIf(redisServer.isSkipped)(`results that come in by another replica${redisServer.note}`, () => {
  it.each([
    ['with the ids of their calls', 'as they are'],
    ['with ids that the client made up', 'renamed'],
  ])('are replayed there, and end the turn that waits for them: %s', async (_, ids) => {
    const { first, second } = await startReplicas({ redisUrl: (await startRedis()).url });
    const message = await ask(first, [question]);
    expect(first.bridge.nest.parkedTurns).toBe(1);
    const [call] = message.tool_calls;
    const id = ids === 'renamed' ? 'mine' : call.id;
    const called = { ...message, tool_calls: [{ ...call, id }] };
    await ask(second, [question, called, { role: 'tool', tool_call_id: id, content: '21C' }]);
    expect(second.sentOf('prompt')[0]?.['content']).toContain('21C');
    await eventually(() =>
      expect(first.sentOf('cancel')).toMatchObject([{ sid: first.sentOf('prompt')[0]?.sid }]),
    );
    expect(first.bridge.nest.parkedTurns).toBe(0);
  });

  it('end no turn of another key', async () => {
    const { first, second } = await startReplicas({
      redisUrl: (await startRedis()).url,
      env: { OLLAMA_SERVER_API_KEY: 'one,two' },
    });
    const replay = async (asked: Json, key: string) => {
      const message = await ask(first, [asked]);
      const result = { role: 'tool', tool_call_id: message.tool_calls[0].id, content: '21C' };
      await ask(second, [asked, message, result], key);
    };
    await replay(question, 'two');
    await replay({ ...question, content: `${question.content} ` }, 'one');
    const cancelled = () => first.sentOf('cancel').map(({ sid }) => sid);
    await eventually(() => expect(cancelled()).toHaveLength(1));
    expect(cancelled()).toEqual([first.sentOf('prompt')[1]?.sid]);
    expect(first.bridge.nest.parkedTurns).toBe(1);
  });

  it('end it also after Redis was gone for a while', async () => {
    const redis = await startRedis();
    const { first, second } = await startReplicas({ redisUrl: redis.url });
    await redis.kill();
    await ask(first, [{ role: 'user', content: 'one' }]);
    await redis.start();
    await eventually(async () => {
      const asked = {
        ...question,
        content: `${question.content}${' '.repeat(first.sentOf('prompt').length)}`,
      };
      const message = await ask(first, [asked]);
      const result = { role: 'tool', tool_call_id: message.tool_calls[0].id, content: '21C' };
      await ask(second, [asked, message, result]);
      expect(first.sentOf('cancel')).not.toEqual([]);
    });
  });
});
