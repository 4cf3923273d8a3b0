/** Turns a request into the one tone that asks humd for an answer: its body, which may be large, and what stands around it. */
import type { TurnSignal } from '../../core/abort.js';
import { questionOf, toChatMessages } from '../../core/chat-messages.js';
import { defuse } from '../../core/defuse.js';
import { type EncodedRendering, takeRendering } from '../../core/encoded-history.js';
import { inputCharacters } from '../../core/estimate-tokens.js';
import type { JsonObject } from '../../core/json-object.js';
import { render, renderNews } from '../../core/render.js';
import {
  type Attachment,
  isAttachment,
  type OriginalChat,
  type Sampling,
  type Tool,
  type TurnRequest,
} from '../../core/request.js';
import { toWellFormedJson } from '../../core/well-formed-json.js';
import { requestThreads } from '../../threads/request-threads.js';
import { defineTask } from '../../threads/task.js';
import { isLarge } from '../../threads/weight.js';
import { EncodedTone, encodeJson, type SentTone } from '../link/tone-codec.js';

/** What the body of a prompt is made of. `tools` are those that the prompt itself carries. */
export interface PromptContent extends Pick<TurnRequest, 'messages' | 'tools'> {
  readonly system?: string | undefined;
  /**
   * Where the system text stands: in its own field, or, for a worker that cannot be given it there, in the text; or in what the worker
   * knows of the conversation already. In its own field where absent.
   */
  readonly systemPlace?: SystemPlace | undefined;
  /** Present for workers that take messages: how the client wrote them, and what else it asked for. */
  readonly chat?: PromptChat | undefined;
  /** True where the worker knows the conversation that these messages go on with. */
  readonly isNews?: boolean | undefined;
  /** True where the worker's process would act on a leading slash or an `@path` in the text, whoever wrote it. */
  readonly defuses?: boolean | undefined;
}

export interface PromptChat {
  readonly original: OriginalChat | undefined;
  /** In OpenAI's words, tools included; undefined for workers that take them in hum's words only. */
  readonly settings: JsonObject | undefined;
}

interface PromptFields {
  readonly content: string;
  readonly text: string;
  readonly systemPrompt: string | undefined;
  readonly tools: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly attachments: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** The conversation in OpenAI's form, for workers that take it so; the text is then the last message of the user. */
  readonly messages: readonly JsonObject[] | undefined;
  /** All settings of the request as JSON text, for workers that take it so. */
  readonly request: string | undefined;
}

/** What of a prompt may be large, ready to be sent: its fields, or, made in a thread, their JSON without the braces around it. */
export type PromptBody = (
  | { readonly fields: PromptFields }
  | { readonly parts: readonly (string | Uint8Array)[] }
) & {
  /** Characters that the model is given to read, for an estimate of its tokens. */
  readonly characters: number;
};

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
export function toBody(content: PromptContent): {
  readonly fields: PromptFields;
  readonly characters: number;
} {
  if (content.chat !== undefined) return toChatBody(content, content.chat);
  const { system, systemPlace, messages, isNews, tools, defuses } = content;
  const rendered = isNews
    ? renderNews(messages)
    : render(messages, systemPlace === 'text' ? system : undefined);
  const text = defuses === true ? defuse(rendered.text) : rendered.text;
  const { attachments } = rendered;
  const fields = {
    content: text,
    text,
    systemPrompt: toSystemPrompt(content),
    tools: toToolEntries(tools),
    attachments: attachments.length > 0 ? attachments.map(toAttachment) : undefined,
    messages: undefined,
    request: undefined,
  };
  return { fields, characters: text.length + (fields.systemPrompt?.length ?? 0) };
}

/** The text holds only the last message of the user, the settings travel as text: humd sorts keys, and in schemas their order counts. */
function toChatBody(
  { system, messages, tools }: PromptContent,
  { original, settings }: PromptChat,
): { readonly fields: PromptFields; readonly characters: number } {
  const { leading, messages: chat } = toChatMessages(messages, original);
  const question = questionOf(messages);
  const fields = {
    content: question,
    text: question,
    systemPrompt: systemOf(system, original, leading),
    tools: settings === undefined ? toToolEntries(tools) : undefined,
    attachments: undefined,
    messages: chat,
    request: settings && toWellFormedJson(settings),
  };
  return { fields, characters: inputCharacters({ system, messages, tools: [] }) };
}

/** Where the client's own messages hold the system text, it stands there, unless it can be told apart. */
function systemOf(
  system: string | undefined,
  original: OriginalChat | undefined,
  leading: string | undefined,
): string | undefined {
  return original === undefined ? system || undefined : leading;
}

/** With none at all Claude Code's CLI would say its own to the model. */
const SYSTEM_ELSEWHERE =
  'The system text stands at the beginning of the conversation, in the element `turn-system`. Follow it.';

function toSystemPrompt({ system, systemPlace = 'field' }: PromptContent): string | undefined {
  return systemPlace === 'field' ? system || undefined : SYSTEM_ELSEWHERE;
}

export type SystemPlace = 'field' | 'text' | 'known';

/** One argument of a process, on Linux. */
const MAX_ARGUMENT_BYTES = 131_071;
/** In UTF-8. */
const MAX_BYTES_PER_CHARACTER = 3;

/**
 * True for a system text with which Claude Code's CLI can be started: it is an argument of its process. With any other the start
 * fails, and its worker says nothing of it (src/thrum/README.md, "The claude-cli worker").
 */
export function fitsArgument(system: string): boolean {
  if (system.includes('\0')) return false;
  if (system.length * MAX_BYTES_PER_CHARACTER <= MAX_ARGUMENT_BYTES) return true;
  return system.length <= MAX_ARGUMENT_BYTES && Buffer.byteLength(system) <= MAX_ARGUMENT_BYTES;
}

/** The same, made in a thread where it is large: the one that read the request, or another one. Rejects as `ThreadPool.run` does. */
export function makeBody(content: PromptContent, signal: TurnSignal): PromptBody | Promise<PromptBody> {
  const { system, systemPlace, messages, tools, isNews, chat } = content;
  if (!isLarge([system, messages, tools, chat?.settings])) return toBody(content);
  const rendering = takeRendering(messages);
  return rendering === undefined || systemPlace === 'text' || isNews === true
    ? requestThreads.run(ENCODE_BODY, content, signal)
    : makeBodyAround(rendering, content, signal);
}

/** Pure. */
export function encodeBody(content: PromptContent): PromptBody {
  const { fields, characters } = toBody(content);
  return { parts: [encodeFields({ ...fields })], characters };
}

const ENCODE_BODY = defineTask(import.meta.url, 'encodeBody', encodeBody);

async function makeBodyAround(
  rendering: EncodedRendering,
  content: PromptContent,
  signal: TurnSignal,
): Promise<PromptBody> {
  const rest = restOf(rendering, content);
  const json = isLarge(rest) ? await requestThreads.run(ENCODE_FIELDS, rest, signal) : encodeFields(rest);
  return bodyAround(rendering, json, content);
}

/** The fields of a prompt that are not made of the messages. */
function restOf(
  { chatLeading }: EncodedRendering,
  content: PromptContent,
): Readonly<Record<string, unknown>> {
  const { chat, system, tools } = content;
  if (chat === undefined) return { systemPrompt: toSystemPrompt(content), tools: toToolEntries(tools) };
  const { original, settings } = chat;
  return {
    systemPrompt: systemOf(system, original, chatLeading),
    tools: settings === undefined ? toToolEntries(tools) : undefined,
    request: settings && toWellFormedJson(settings),
  };
}

/** What `encodeBody` makes. @param rest the fields between the text and the attachments */
export function bodyAround(
  rendering: EncodedRendering,
  rest: Uint8Array,
  content: PromptContent,
): PromptBody {
  const { messages, defuses, chat } = content;
  if (chat !== undefined) {
    const { question, chatMessages } = rendering;
    const head = ['"content":', question, ',"text":', question, ...(rest.length > 0 ? [',', rest] : [])];
    return {
      parts: [...head, ',"messages":', chatMessages],
      characters: inputCharacters({ system: content.system, messages, tools: [] }),
    };
  }
  const { defusedText, defusedCharacters, attachmentData } = rendering;
  const isDefused = defuses === true && defusedText !== undefined;
  const text = isDefused ? defusedText : rendering.text;
  const characters = isDefused ? defusedCharacters : rendering.characters;
  const parts: (string | Uint8Array)[] = ['"content":', text, ',"text":', text];
  if (rest.length > 0) parts.push(',', rest);
  // In the order in which `render` marks them.
  const attachments = messages.flatMap(({ content }) => content.filter(isAttachment));
  for (const [index, attachment] of attachments.entries()) {
    parts.push(index === 0 ? ',"attachments":[' : ',');
    if ('url' in attachment) {
      parts.push(encodeJson(toAttachment(attachment)));
      continue;
    }
    const head = encodeJson({ ...toAttachment(attachment), data: undefined }).slice(0, -1);
    parts.push(`${head},"data":`, attachmentData[index] ?? '""', '}');
  }
  if (attachments.length > 0) parts.push(']');
  return { parts, characters: characters + (toSystemPrompt(content)?.length ?? 0) };
}

/** In UTF-8, without the braces around them; undefined ones are left out. Pure. */
export function encodeFields(fields: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(encodeJson(fields).slice(1, -1));
}

const ENCODE_FIELDS = defineTask(import.meta.url, 'encodeFields', encodeFields);

/** The `prompt` tone with a body; the same bytes whether the body is encoded already or not. */
export function toPromptTone(body: PromptBody, frame: PromptFrame): SentTone {
  const { rid, sid, hive, modelId, sampling, resume, disallowedTools, cwd } = frame;
  const tail = {
    resume,
    sampling: Object.keys(sampling).length > 0 ? sampling : undefined,
    disallowedTools:
      disallowedTools !== undefined && disallowedTools.length > 0 ? disallowedTools : undefined,
    cwd,
  };
  if ('fields' in body) {
    const { content, text, systemPrompt, tools, attachments, request, messages } = body.fields;
    // Written out: of objects that are spread into one, V8 makes a new shape for each prompt, which costs 4 KB and more to collect.
    return {
      chi: 'prompt',
      rid,
      sid,
      hive,
      modelId,
      content,
      text,
      systemPrompt,
      tools,
      attachments,
      request,
      messages,
      resume: tail.resume,
      sampling: tail.sampling,
      disallowedTools: tail.disallowedTools,
      cwd: tail.cwd,
    };
  }
  const head = encodeJson({ chi: 'prompt', rid, sid, hive, modelId }).slice(0, -1);
  const behind = encodeJson(tail).slice(1);
  const end = behind === '}' ? '}\n' : `,${behind}\n`;
  return new EncodedTone([`${head},`, ...body.parts, end]);
}

function toToolEntries(tools: readonly Tool[]) {
  return tools.length > 0 ? tools.map(toToolEntry) : undefined;
}

function toToolEntry(tool: Tool): Readonly<Record<string, unknown>> {
  return { name: tool.name, description: tool.description ?? '', inputSchema: tool.inputSchema };
}

/** As hum names them: `image` and `pdf`. */
function toAttachment(part: Attachment): Readonly<Record<string, unknown>> {
  const { mediaType } = part;
  const head =
    part.type === 'image' ? { kind: 'image', mediaType } : { kind: 'pdf', mediaType, name: part.name };
  return 'data' in part ? { ...head, data: part.data } : { ...head, url: part.url };
}
