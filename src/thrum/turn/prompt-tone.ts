/** Turns a request into the one tone that asks humd for an answer. */
import type { EncodedRendering } from '../../core/encoded-history.js';
import { render } from '../../core/render.js';
import type { ImagePart, Message, Tool, TurnRequest } from '../../core/request.js';
import type { TurnSignal } from '../../core/abort.js';
import { requestThreads } from '../../threads/request-threads.js';
import { defineTask } from '../../threads/task.js';
import { EncodedTone, encodeJson, type SentTone } from '../link/tone-codec.js';
import { encodeRendering, isLarge } from '../link/encode-off-loop.js';

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

/** The same tone, the large parts of it as bytes that threads have made. Rejects as `ThreadPool.run` does. */
export async function toPromptOffLoop(
  asked: Asked,
  address: PromptAddress,
  resume: string | undefined,
  signal: TurnSignal,
  keyId: string | undefined,
): Promise<Prompt> {
  const { system, messages, tools } = asked;
  const rendering = await encodeRendering(messages, signal, keyId);
  const rest = { systemPrompt: toSystemPrompt(asked), tools: toToolEntries(asked) };
  const json = isLarge([system, tools])
    ? await requestThreads.run(ENCODE_FIELDS, rest, signal, keyId)
    : encodeFields(rest);
  const characters = rendering.characters + (system?.length ?? 0);
  return { tone: aroundRendering(rendering, json, asked, address, resume), characters };
}

/**
 * The tone around what is encoded already: the very bytes that `encodeTone` makes of `toPromptTone`.
 * @param rest what stands between the text and the attachments, without braces
 */
export function aroundRendering(
  { text, imageData }: EncodedRendering,
  rest: Uint8Array,
  asked: Pick<Asked, 'messages' | 'sampling'>,
  { rid, sid, hive, modelId }: PromptAddress,
  resume: string | undefined,
): EncodedTone {
  const head = encodeJson({ chi: 'prompt', rid, sid, hive, modelId }).slice(0, -1);
  const parts: (string | Uint8Array)[] = [`${head},"content":`, text, ',"text":', text];
  if (rest.length > 0) parts.push(',', rest);
  for (const [index, image] of imagesOf(asked.messages).entries()) {
    parts.push(index === 0 ? ',"attachments":[' : ',');
    if ('url' in image) {
      parts.push(encodeJson(toAttachment(image)));
      continue;
    }
    const { mediaType } = image;
    parts.push(
      `${encodeJson({ kind: 'image', mediaType }).slice(0, -1)},"data":`,
      imageData[index] ?? '""',
      '}',
    );
  }
  if (imageData.length > 0) parts.push(']');
  const tail = encodeJson(tailOf(asked, resume)).slice(1);
  return new EncodedTone([...parts, tail === '}' ? '}\n' : `,${tail}\n`]);
}

/** In UTF-8, without the braces around them; undefined ones are left out. Pure. */
export function encodeFields(fields: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(encodeJson(fields).slice(1, -1));
}

const ENCODE_FIELDS = defineTask(import.meta.url, 'encodeFields', encodeFields);

function say(said: Said) {
  const { system, messages } = said;
  const { text, images } = render(messages);
  return {
    content: text,
    systemPrompt: toSystemPrompt(said),
    tools: toToolEntries(said),
    attachments: images.length > 0 ? images.map(toAttachment) : undefined,
    characters: text.length + (system?.length ?? 0),
  };
}

function toSystemPrompt({ system }: Said): string | undefined {
  return system || undefined;
}

function toToolEntries({ tools }: Said) {
  return tools.length > 0 ? tools.map(toToolEntry) : undefined;
}

/** In the order in which `render` marks them. */
function imagesOf(messages: readonly Message[]): readonly ImagePart[] {
  return messages.flatMap(({ content }) => content.filter((part) => part.type === 'image'));
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
