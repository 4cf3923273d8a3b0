/** Turns a request into the one tone that asks humd for an answer: its body, which may be large, and what stands around it. */
import type { TurnSignal } from '../../core/abort.js';
import { render } from '../../core/render.js';
import type { ImagePart, Sampling, Tool, TurnRequest } from '../../core/request.js';
import { requestThreads } from '../../threads/request-threads.js';
import { defineTask } from '../../threads/task.js';
import { isLarge } from '../link/encode-off-loop.js';
import { EncodedTone, encodeJson, type SentTone } from '../link/tone-codec.js';
import { defuse } from './defuse.js';

/** What the body of a prompt is made of. `tools` are those that the prompt itself carries. */
export interface PromptContent extends Pick<TurnRequest, 'messages' | 'tools'> {
  readonly system?: string | undefined;
  /** True where the worker's process would act on a leading slash or an `@path` in the text, whoever wrote it. */
  readonly defuses?: boolean | undefined;
}

/** What of a prompt may be large, ready to be sent. */
export interface PromptBody {
  /** The fields, or, made in a thread, their JSON in UTF-8 without the braces around it. */
  readonly fields: Readonly<Record<string, unknown>> | Uint8Array;
  /** Characters that the model is given to read, for an estimate of its tokens. */
  readonly characters: number;
}

/** What stands around the body of a prompt. */
export interface PromptFrame {
  readonly rid: string;
  readonly sid: string;
  readonly hive: string;
  /** The name that humd knows the model by. */
  readonly modelId: string;
  readonly sampling: Sampling;
  /** The model's own session id, to go on with a session that its worker has to be reminded of. */
  readonly resume?: string | undefined;
  /** Names of tools that the worker's process must not have. */
  readonly disallowedTools?: readonly string[] | undefined;
  /** The folder that the worker's process works in. */
  readonly cwd?: string | undefined;
}

/**
 * The body of a prompt. The text goes out as `content` and as `text`: workers read the first, the wire's description and older workers
 * know only the second. Keys are undefined where there is nothing to say, and no part of the line.
 */
export function toBody({ system, messages, tools, defuses }: PromptContent): PromptBody & { fields: object } {
  const rendered = render(messages);
  const text = defuses === true ? defuse(rendered.text) : rendered.text;
  const { images } = rendered;
  const fields = {
    content: text,
    text,
    systemPrompt: system || undefined,
    tools: tools.length > 0 ? tools.map(toToolEntry) : undefined,
    attachments: images.length > 0 ? images.map(toAttachment) : undefined,
  };
  return { fields, characters: text.length + (system?.length ?? 0) };
}

/** The same, made in a thread where it is large. Rejects as `ThreadPool.run` does. */
export function makeBody(content: PromptContent, signal: TurnSignal): PromptBody | Promise<PromptBody> {
  const { system, messages, tools, defuses } = content;
  if (!isLarge([system, messages, tools])) return toBody(content);
  return requestThreads.run(ENCODE_BODY, { system, messages, tools, defuses }, signal);
}

/** Pure. */
export function encodeBody(content: PromptContent): PromptBody & { fields: Uint8Array } {
  const { fields, characters } = toBody(content);
  return { fields: new TextEncoder().encode(encodeJson({ ...fields }).slice(1, -1)), characters };
}

const ENCODE_BODY = defineTask(import.meta.url, 'encodeBody', encodeBody);

/** The `prompt` tone with a body; the same bytes whether the body is encoded already or not. */
export function toPromptTone({ fields }: PromptBody, frame: PromptFrame): SentTone {
  const { rid, sid, hive, modelId, sampling, resume, disallowedTools, cwd } = frame;
  const head = { chi: 'prompt', rid, sid, hive, modelId };
  const tail = {
    resume,
    sampling: Object.keys(sampling).length > 0 ? sampling : undefined,
    disallowedTools:
      disallowedTools !== undefined && disallowedTools.length > 0 ? disallowedTools : undefined,
    cwd,
  };
  if (!(fields instanceof Uint8Array)) return { ...head, ...fields, ...tail };
  const behind = encodeJson(tail).slice(1);
  const end = behind === '}' ? '}\n' : `,${behind}\n`;
  return new EncodedTone([`${encodeJson(head).slice(0, -1)},`, fields, end]);
}

function toToolEntry(tool: Tool): Readonly<Record<string, unknown>> {
  return { name: tool.name, description: tool.description ?? '', inputSchema: tool.inputSchema };
}

function toAttachment(image: ImagePart): Readonly<Record<string, unknown>> {
  if ('data' in image) return { kind: 'image', mediaType: image.mediaType, data: image.data };
  return { kind: 'image', mediaType: image.mediaType, url: image.url };
}
