import { describe, expect, it } from 'vitest';
import type { Event } from '../../../../src/core/event.js';
import { Fault } from '../../../../src/core/fault.js';
import { type TextChunkOptions, TextChunks } from '../../../../src/http/openai/completions/text-chunks.js';
import type { ChoiceEvent } from '../../../../src/http/openai/run-turns.js';
import { readFrames } from '../frames.js';

const envelope = { id: 'cmpl-1', created: 7, model: 'm' };
const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 1, estimated: false };
const stop: Event = { type: 'finish', reason: 'stop', usage };
const say = (text: string): Event => ({ type: 'text-delta', text });
const tagged = (choice: number, event: Event): ChoiceEvent => ({ ...event, choice });

function encode(events: readonly Event[], options: Partial<TextChunkOptions> = {}): string {
  return new TextChunks(envelope, { choices: 1, includeUsage: false, prefixes: [], ...options }).encode(
    events,
  );
}

const HEAD =
  'data: {"id":"cmpl-1","object":"text_completion","created":7,"model":"m","system_fingerprint":null,"choices":[';
const DONE = 'data: [DONE]\n\n';
const chunk = (text: string, reason = 'null', index = 0, rest = '') =>
  `${HEAD}{"text":${JSON.stringify(text)},"index":${index},"logprobs":null,"finish_reason":${reason}}]${rest}}\n\n`;

describe('the chunks of a completion', () => {
  it('are these bytes', () => {
    const reasoning: Event = { type: 'reasoning-delta', text: 'hm' };
    expect(encode([{ type: 'ready' }, reasoning, say('Hé'), say(''), say('llo'), stop])).toBe(
      chunk('Hé') + chunk('llo') + chunk('', '"stop"') + DONE,
    );
    expect(encode([{ ...stop, reason: 'length' } as Event])).toBe(chunk('', '"length"') + DONE);
  });

  it('are these bytes with usage', () => {
    const none = ',"usage":null';
    expect(encode([say('a'), stop], { includeUsage: true })).toBe(
      chunk('a', 'null', 0, none) +
        chunk('', '"stop"', 0, none) +
        `${HEAD}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,` +
        '"prompt_tokens_details":{"cached_tokens":1,"audio_tokens":0},"completion_tokens_details":' +
        '{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}\n\n' +
        DONE,
    );
  });

  it('begin with the prompts where these are wanted back', () => {
    const options = { choices: 2, prefixes: ['Once', 'Twice'] };
    const events = [tagged(1, say(' upon')), tagged(0, stop), tagged(1, say('!')), tagged(1, stop)];
    expect(encode(events, options)).toBe(
      chunk('Twice', 'null', 1) +
        chunk(' upon', 'null', 1) +
        chunk('Once') +
        chunk('', '"stop"') +
        chunk('!', 'null', 1) +
        chunk('', '"stop"', 1) +
        DONE,
    );
  });

  it('tell an error in-band, and end neither well nor with [DONE]', () => {
    const fault = new Fault('worker-error', 'no credit');
    expect(encode([say('a'), { type: 'fault', fault }])).toBe(
      `${chunk('a')}data: {"error":{"message":"no credit","type":"server_error","param":null,"code":"upstream_error"}}\n\n`,
    );
  });

  it.each(['x', '\u0001', '語', '😀'])('stay below 64 KiB a line: %j', (character) => {
    const long = character.repeat(50_000);
    const frames = readFrames(encode([say(long), stop], { prefixes: [long] }));
    for (const frame of frames) expect(Buffer.byteLength(frame)).toBeLessThan(65_000);
    const texts = frames.slice(0, -1).map((frame) => Object(JSON.parse(frame)).choices[0].text);
    expect(texts.join('')).toBe(long + long);
  });
});
