/** Turns a request into the one tone that asks humd for an answer. */

import { render } from '../conversation/render.js';
import type { ImagePart, Tool, TurnRequest } from '../conversation/request.js';
import type { TurnSignal } from '../conversation/turn-signal.js';
import { runOffLoop } from '../off-loop/off-loop.js';
import { defineTask } from '../off-loop/task.js';
import { encodeJson } from './codec.js';
import { isLarge } from './encode-off-loop.js';
import { EncodedTone, type SentTone } from './sent-tone.js';

export interface PromptAddress {
  readonly rid: string;
  readonly sid: string;
  readonly hive: string;
  /** The name that humd knows the model by. */
  readonly modelId: string;
}

export interface Prompt<Tone extends SentTone = SentTone> {
  readonly tone: Tone;
  /** Characters that the model is given to read, for an estimate of its tokens. */
  readonly characters: number;
}

/** What a prompt says; the rest of the tone is short. */
export type Said = Pick<TurnRequest, 'system' | 'messages' | 'tools'>;

/**
 * The `prompt` tone of a request. The text goes out as `content` and as `text`: workers read the first, the wire spec and
 * older workers know only the second. Optional keys are left out where there is nothing to say. `resume` is the model's own
 * session id, to go on with after the link was lost.
 */
export function toPromptTone(
  request: TurnRequest,
  address: PromptAddress,
  resume?: string,
): Prompt<Readonly<Record<string, unknown>>> {
  const { fields, characters } = toSaidFields(request);
  return { tone: { ...headOf(address), ...fields, ...tailOf(request, resume) }, characters };
}

/** The same tone; where what it says is large, a thread makes its bytes. Rejects as `runOffLoop` does. */
export async function toPrompt(
  request: TurnRequest,
  address: PromptAddress,
  resume: string | undefined,
  signal: TurnSignal,
): Promise<Prompt> {
  const { system, messages, tools } = request;
  const said: Said = { ...(system === undefined ? {} : { system }), messages, tools };
  if (!isLarge(said)) return toPromptTone(request, address, resume);
  const { json, characters } = await runOffLoop(ENCODE_SAID, said, Number.POSITIVE_INFINITY, signal);
  return { tone: aroundSaid(json, request, address, resume), characters };
}

/** The tone with `json`, which `encodeSaid` made, in its middle: the very bytes that `encodeTone` makes of `toPromptTone`. */
export function aroundSaid(
  json: Uint8Array,
  request: Pick<TurnRequest, 'sampling'>,
  address: PromptAddress,
  resume: string | undefined,
): EncodedTone {
  const head = encodeJson(headOf(address)).slice(0, -1);
  const tail = encodeJson(tailOf(request, resume)).slice(1);
  return new EncodedTone([`${head},`, json, tail === '}' ? '}\n' : `,${tail}\n`]);
}

interface EncodedSaid {
  /** The fields in JSON, in UTF-8, without the braces around them. */
  readonly json: Uint8Array;
  readonly characters: number;
}

/** Pure. */
export function encodeSaid(said: Said): EncodedSaid {
  const { fields, characters } = toSaidFields(said);
  return { json: new TextEncoder().encode(encodeJson(fields).slice(1, -1)), characters };
}

const ENCODE_SAID = defineTask(import.meta.url, 'encodeSaid', encodeSaid);

function headOf({ rid, sid, hive, modelId }: PromptAddress): Readonly<Record<string, unknown>> {
  return { chi: 'prompt', rid, sid, hive, modelId };
}

function toSaidFields({ system, messages, tools }: Said) {
  const { text, images } = render(messages);
  const fields = {
    content: text,
    text,
    ...(system ? { systemPrompt: system } : {}),
    ...(tools.length > 0 ? { tools: tools.map(toToolEntry) } : {}),
    ...(images.length > 0 ? { attachments: images.map(toAttachment) } : {}),
  };
  return { fields, characters: text.length + (system?.length ?? 0) };
}

function tailOf(
  { sampling }: Pick<TurnRequest, 'sampling'>,
  resume: string | undefined,
): Readonly<Record<string, unknown>> {
  return {
    ...(resume === undefined ? {} : { resume }),
    ...(Object.keys(sampling).length > 0 ? { sampling } : {}),
  };
}

function toToolEntry(tool: Tool): Readonly<Record<string, unknown>> {
  return { name: tool.name, description: tool.description ?? '', inputSchema: tool.inputSchema };
}

function toAttachment(image: ImagePart): Readonly<Record<string, unknown>> {
  if ('data' in image) return { kind: 'image', mediaType: image.mediaType, data: image.data };
  return { kind: 'image', mediaType: image.mediaType, url: image.url };
}
