/** A loop of ten tool rounds with results of 7 KB: what a client is told of its context, by which it decides when to compact. */
import { expect, it } from 'vitest';
import { claude } from '../claude-bee/script.js';
import { learnMeshName, startClaudeWorld } from '../claude-bee/world.js';
import { startUpstreamWorld } from '../upstream/upstream-world.js';
import { at } from '../front-door/ask-surfaces.js';

type Json = Readonly<Record<string, unknown>>;

const ROUNDS = 10;
const RESULT = 'seven bytes, a thousand times or nearly so. '.repeat(160).slice(0, 7_000);
const parameters = { type: 'object', properties: { file: { type: 'string' } } };
const tools = [{ type: 'function', function: { name: 'read', description: 'Reads a file.', parameters } }];

/** How many tokens a server that counts four characters as one says that it was given. */
const countOf = ({ messages, tools: offered }: Json) =>
  Math.ceil(JSON.stringify([messages, offered]).length / 4);

/** What a client is told in each round, by its own loop. */
async function loop(
  url: string,
  model: string,
  question: string,
): Promise<{ told: number[]; given: number[] }> {
  const messages: Json[] = [{ role: 'user', content: question }];
  const told: number[] = [];
  const given: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const body = { model, messages, tools };
    given.push(countOf(body));
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    told.push(Number(at(answer, 'usage', 'prompt_tokens')));
    const message = Object(at(answer, 'choices', 0, 'message'));
    messages.push(message);
    for (const call of message.tool_calls ?? [])
      messages.push({ role: 'tool', tool_call_id: call.id, content: RESULT });
  }
  return { told, given };
}

it('behind an upstream it is what the server counts', async () => {
  const { upstream, url } = await startUpstreamWorld();
  const counted: number[] = [];
  upstream.onChat = (answer) => {
    const count = countOf(answer.request.body ?? {});
    counted.push(count);
    const usage = { prompt_tokens: count, completion_tokens: 20 };
    if (counted.length > ROUNDS) {
      answer.delta({ content: 'Read.' }).finish('stop', usage);
      return;
    }
    const called = { name: 'read', arguments: '{"file":"a"}' };
    answer.delta({
      tool_calls: [{ index: 0, id: `c${counted.length}`, type: 'function', function: called }],
    });
    answer.finish('tool_calls', usage);
  };
  const { told } = await loop(url, 'llama3', 'Read.');
  expect(told).toEqual(counted);
  expect(told.at(-1)).toBeGreaterThan(17_000);
});

it('behind hum’s worker for Claude Code it is the context, and not the sum of all rounds', async () => {
  const world = await startClaudeWorld();
  const name = await learnMeshName(world, '/v1/chat/completions', (text) => ({
    model: 'claude-sonnet-4-6',
    messages: [{ role: 'user', content: text }],
    tools,
  }));
  const steps = Array.from({ length: ROUNDS }, () => ({ tool: { name, input: { file: 'a' } } }));
  const { told, given } = await loop(world.url, 'claude-sonnet-4-6', claude(...steps, { text: 'Read.' }));
  for (const [round, count] of told.entries()) {
    const context = given[round] ?? 0;
    expect(Math.abs(count - context)).toBeLessThan(context / 10 + 100);
  }
});
