/** Turns a request into the one tone that asks humd for an answer. */
import { render } from '../../core/render.js';
import type { ImagePart, Tool, TurnRequest } from '../../core/request.js';
import type { TurnSignal } from '../../core/abort.js';
import { requestThreads } from '../../threads/request-threads.js';
import { defineTask } from '../../threads/task.js';
import { EncodedTone, encodeJson, type SentTone } from '../link/tone-codec.js';
import { isLarge } from '../link/encode-off-loop.js';

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
export interface Said extends Pick<TurnRequest, 'messages' | 'tools'> {
  readonly system?: string | undefined;
}

/** What of a request goes out. */
export interface Asked extends Said, Pick<TurnRequest, 'sampling'> {}

/**
 * The `prompt` tone of a request. The text goes out as `content` and as `text`: workers read the first, the wire spec and
 * older workers know only the second. Keys are undefined where there is nothing to say, and no part of the line. `resume` is
 * the model's own session id, to go on with after the link was lost.
 */
export function toPromptTone(
  asked: Asked,
  { rid, sid, hive, modelId }: PromptAddress,
  resume?: string,
): Prompt<Readonly<Record<string, unknown>>> {
  const { content, systemPrompt, tools, attachments, characters } = say(asked);
  const { sampling } = tailOf(asked, resume);
  const tone = {
    chi: 'prompt',
    rid,
    sid,
    hive,
    modelId,
    content,
    text: content,
    systemPrompt,
    tools,
    attachments,
    resume,
    sampling,
  };
  return { tone, characters };
}

/** True for a prompt whose bytes a thread is to make. */
export function isLargePrompt({ system, messages, tools }: Asked): boolean {
  return isLarge([system, messages, tools]);
}

/** The same tone, its bytes made in a thread. Rejects as `ThreadPool.run` does. */
export async function toPromptOffLoop(
  asked: Asked,
  address: PromptAddress,
  resume: string | undefined,
  signal: TurnSignal,
): Promise<Prompt> {
  const { system, messages, tools } = asked;
  const said: Said = { system, messages, tools };
  const { json, characters } = await requestThreads.run(ENCODE_SAID, said, signal);
  return { tone: aroundSaid(json, asked, address, resume), characters };
}

/** The tone with `json`, which `encodeSaid` made, in its middle: the very bytes that `encodeTone` makes of `toPromptTone`. */
export function aroundSaid(
  json: Uint8Array,
  asked: Pick<TurnRequest, 'sampling'>,
  { rid, sid, hive, modelId }: PromptAddress,
  resume: string | undefined,
): EncodedTone {
  const head = encodeJson({ chi: 'prompt', rid, sid, hive, modelId }).slice(0, -1);
  const tail = encodeJson(tailOf(asked, resume)).slice(1);
  return new EncodedTone([`${head},`, json, tail === '}' ? '}\n' : `,${tail}\n`]);
}

interface EncodedSaid {
  /** The fields in JSON, in UTF-8, without the braces around them. */
  readonly json: Uint8Array;
  readonly characters: number;
}

/** Pure. */
export function encodeSaid(said: Said): EncodedSaid {
  const { content, systemPrompt, tools, attachments, characters } = say(said);
  const fields = { content, text: content, systemPrompt, tools, attachments };
  return { json: new TextEncoder().encode(encodeJson(fields).slice(1, -1)), characters };
}

const ENCODE_SAID = defineTask(import.meta.url, 'encodeSaid', encodeSaid);

function say({ system, messages, tools }: Said) {
  const { text, images } = render(messages);
  return {
    content: text,
    systemPrompt: system || undefined,
    tools: tools.length > 0 ? tools.map(toToolEntry) : undefined,
    attachments: images.length > 0 ? images.map(toAttachment) : undefined,
    characters: text.length + (system?.length ?? 0),
  };
}

function tailOf({ sampling }: Pick<TurnRequest, 'sampling'>, resume: string | undefined) {
  return { resume, sampling: Object.keys(sampling).length > 0 ? sampling : undefined };
}

function toToolEntry(tool: Tool): Readonly<Record<string, unknown>> {
  return { name: tool.name, description: tool.description ?? '', inputSchema: tool.inputSchema };
}

function toAttachment(image: ImagePart): Readonly<Record<string, unknown>> {
  if ('data' in image) return { kind: 'image', mediaType: image.mediaType, data: image.data };
  return { kind: 'image', mediaType: image.mediaType, url: image.url };
}
