import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { chat, script, startWorld } from './world.js';

const errorOf = (body: unknown) => String(Object(Object(body)['error'])['message'] ?? Object(body)['error']);

describe('the link to humd', () => {
  it('says hello first and alone, with the port that is really bound, and again after each reconnect', async () => {
    const hellos: unknown[] = [];
    const world = await startWorld({
      daemon: {
        onTone: (direction, tone, client) => {
          if (direction === 'in' && tone.chi === 'hello' && client.manifest?.bee.includes('worker') !== true)
            hellos.push(tone);
        },
      },
    });
    world.daemon().disconnectAll();
    await eventually(() =>
      expect(hellos.filter((hello) => Object(hello)['hive'] === 'ollama-server')).toHaveLength(2),
    );
    const port = Number(new URL(world.url).port);
    for (const hello of hellos.filter((tone) => Object(tone)['hive'] === 'ollama-server')) {
      expect(hello).toMatchObject({
        bee: ['forager'],
        protoVersion: '0.7.0',
        bind: { host: '127.0.0.1', port, scheme: 'http' },
      });
    }
  });
});

describe('the headers of a stream', () => {
  it('wait for the first event, so that a refusal is a real status', async () => {
    const world = await startWorld();
    const error = { message: 'credit balance is too low', code: 'worker_error' };
    for (const path of ['/api/chat', '/api/generate', '/v1/chat/completions']) {
      const prompt = script({ error });
      const response = await world.post(path, { ...chat(prompt, { stream: true }), prompt });
      expect([path, response.status]).toEqual([path, 502]);
      expect(errorOf(await response.json())).toBe('credit balance is too low');
    }
  });

  it('go out after headerHoldMs at the latest, and an error is told in-band from then on', async () => {
    const world = await startWorld({
      env: { OLLAMA_SERVER_HEADER_HOLD_MS: '100', OLLAMA_SERVER_TURN_TIMEOUT_MS: '800' },
    });
    const response = await world.post('/v1/chat/completions', chat(script({ hang: true }), { stream: true }));
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/^data: \{"error":\{"message":"[^"]*no sign of life/);
  });
});
