/** The turns of one WebSocket on a worker that remembers: only the news goes out, though nothing is stored. */
import { expect, it } from 'vitest';
import { openWebSocketClient } from '../http/open-web-socket.js';
import { startWorld } from './world.js';

it('a WebSocket goes on with one session of the worker, with store false', async () => {
  const world = await startWorld({ statefulness: 'stateful_session' });
  const client = await openWebSocketClient(`${world.url}/v1/responses`);
  const create = { type: 'response.create', model: 'claude-sonnet-4', store: false };
  let previous: string | undefined;
  for (const input of ['one', 'two', 'three']) {
    client.send({ ...create, input, ...(previous === undefined ? {} : { previous_response_id: previous }) });
    previous = Object((await client.until('response.completed')).at(-1)).response.id;
  }
  const prompts = world.sentOf('prompt');
  expect(prompts.map((tone) => tone['content'])).toEqual(['one', 'two', 'three']);
  expect(new Set(prompts.map(({ sid }) => sid)).size).toBe(1);
});
