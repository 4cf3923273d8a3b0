/** Responses of 25 MB that are kept: nothing of them is written down or read on the event loop. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { startWorld } from '../front-door/world.js';

const MEGABYTE = 2 ** 20;
const FILLER = 'All work and no play makes Jack a dull boy. ';
const ofMegabytes = (count: number) => FILLER.repeat(Math.ceil((count * MEGABYTE) / FILLER.length));
/** Threads take their time beside other tests. */
const TIMEOUT_MS = 60_000;

/** How long the longest text is that this thread has made of a value, or a value of, since then. */
function watchJson(): () => number {
  let longest = 0;
  const { stringify, parse } = JSON;
  const written = vi.spyOn(JSON, 'stringify').mockImplementation((...what: unknown[]) => {
    const text = Reflect.apply(stringify, JSON, what);
    longest = Math.max(longest, text?.length ?? 0);
    return text;
  });
  const read = vi.spyOn(JSON, 'parse').mockImplementation((...what: unknown[]) => {
    longest = Math.max(longest, String(what[0]).length);
    return Reflect.apply(parse, JSON, what);
  });
  onTestFinished(() => {
    written.mockRestore();
    read.mockRestore();
  });
  return () => longest;
}

test('a response with an input of 25 MB is kept, listed and gone on with while no text above 1 MiB is JSON on the event loop', {
  timeout: TIMEOUT_MS,
}, async () => {
  const world = await startWorld({ config: { contextLength: 100_000_000 } });
  const url = `${world.url}/v1/responses`;
  const body = JSON.stringify({
    model: 'claude-sonnet-4',
    input: [
      { role: 'user', content: ofMegabytes(25) },
      { role: 'assistant', content: 'noted' },
      { role: 'user', content: 'hi' },
    ],
    generate: false,
  });
  const longest = watchJson();
  const made = await (await fetch(url, { method: 'POST', body })).text();
  const id = /"id":"(resp_\w+)"/.exec(made)?.[1];
  expect(id).toBeDefined();
  const items = await (await fetch(`${url}/${id}/input_items?order=asc`)).arrayBuffer();
  expect(items.byteLength).toBeGreaterThan(25 * MEGABYTE);
  const text = Buffer.from(items).toString();
  expect(text.startsWith('{"object":"list","data":[{')).toBe(true);
  expect(text.endsWith('"has_more":false}')).toBe(true);
  const more = JSON.stringify({
    model: 'claude-sonnet-4',
    input: 'more',
    previous_response_id: id,
    generate: false,
  });
  const next = await fetch(url, { method: 'POST', body: more });
  expect([next.status, (await next.text()).includes(`"previous_response_id":"${id}"`)]).toEqual([200, true]);
  expect((await fetch(`${url}/${id}`)).status).toBe(200);
  expect(longest()).toBeLessThan(MEGABYTE);
});

test('a response with instructions of 5 MB is answered and given again in the same way', {
  timeout: TIMEOUT_MS,
}, async () => {
  const world = await startWorld({ config: { contextLength: 100_000_000 } });
  const url = `${world.url}/v1/responses`;
  const body = JSON.stringify({
    model: 'claude-sonnet-4',
    instructions: ofMegabytes(5),
    input: 'hi',
    generate: false,
  });
  const longest = watchJson();
  const made = await (await fetch(url, { method: 'POST', body })).arrayBuffer();
  const id = /"id":"(resp_\w+)"/.exec(Buffer.from(made.slice(0, 200)).toString())?.[1];
  const again = await (await fetch(`${url}/${id}`)).arrayBuffer();
  expect(Buffer.from(again).equals(Buffer.from(made))).toBe(true);
  expect(longest()).toBeLessThan(MEGABYTE);
});
