/** What a client asks for, in words that belong to no HTTP API and no wire. */
import type { JsonObject } from './json-object.js';
import type { Capability, ModelLookup } from './model.js';
import type { Rights } from './rights.js';

/** Text, or what a worker is given beside the text: as base64 bytes, or as an address that the worker fetches. */
export type Part = TextPart | Attachment;
export type Attachment = ImagePart | DocumentPart;

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

export type ImagePart =
  | {
      readonly type: 'image';
      readonly mediaType: string /** base64, no `data:` prefix */;
      readonly data: string;
    }
  | { readonly type: 'image'; readonly mediaType: string; readonly url: string };

/** A PDF; what is text is given as text. */
export type DocumentPart =
  | {
      readonly type: 'document';
      readonly mediaType: string /** base64, no `data:` prefix */;
      readonly data: string;
      readonly name?: string;
    }
  | { readonly type: 'document'; readonly mediaType: string; readonly url: string; readonly name?: string };

export function isAttachment(part: Part): part is Attachment {
  return part.type !== 'text';
}

/** True where an attachment stands in `messages`. */
export function hasAttachment(messages: readonly Message[]): boolean {
  for (const { content } of messages) for (const part of content) if (isAttachment(part)) return true;
  return false;
}

export function hasDocument(messages: readonly Message[]): boolean {
  return messages.some(({ content }) => content.some(({ type }) => type === 'document'));
}

/** The operator's or the agent's words within the conversation; those in front of it are its `system`. */
export interface SystemMessage {
  readonly role: 'system';
  readonly content: readonly Part[];
}

export interface UserMessage {
  readonly role: 'user';
  readonly content: readonly Part[];
}

export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content: readonly Part[];
  readonly toolCalls: readonly ToolCall[];
  /** What the model thought before it. Workers that take a text are not given it. */
  readonly reasoning?: string;
}

/** The result of a tool call. Many clients lose the id, some the name, some both (src/http/README.md, "Bodies"). */
export interface ToolMessage {
  readonly role: 'tool';
  readonly content: readonly Part[];
  readonly toolCallId?: string;
  readonly toolName?: string;
  readonly isError?: boolean;
}

export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

export interface ToolCall {
  readonly id?: string;
  readonly name: string;
  /** JSON text of the arguments, as received. */
  readonly input: string;
}

/** A tool that the client offers to run. */
export interface Tool {
  readonly name: string;
  readonly description?: string;
  /** A JSON Schema; always an object (one null schema makes a claude worker reject the whole list). */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** True where the arguments of its calls have to fit the schema. */
  readonly strict?: true;
}

/**
 * How the model is asked to sample. Keys carry hum's names (src/thrum/README.md, "Sampling"); absent means the worker's
 * default.
 */
export interface Sampling {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly repeatPenalty?: number;
  readonly toolChoice?: unknown;
  readonly parallelToolCalls?: boolean;
  readonly reasoningEffort?: string;
  /** Present where the probabilities of tokens are wanted: those of how many of the likeliest besides the token itself. */
  readonly topLogprobs?: number;
}

/** Who asks: what one caller leaves behind, a parked turn or a session, no other caller may find. */
export interface Caller {
  /** The HTTP surface that the request came in by: `ollama`. */
  readonly surface: string;
  /** Tells API keys apart without being one; undefined where no key is asked for. */
  readonly keyId: string | undefined;
  readonly requestId: string;
  /** What the log calls the request: an id of ours, which no other has; absent where `requestId` is one. */
  readonly logId?: string | undefined;
  /** A sid for the first prompt of the request, which is the request's own id; undefined once it was taken. */
  readonly firstSid?: { take(): string | undefined } | undefined;
  /** True for a client that is told of tools that run on the worker's side as what they are. */
  readonly readsRanTools?: boolean | undefined;
  /** What the client says of the trace that this request is part of: a W3C `traceparent`, not checked. */
  readonly traceParent?: string | undefined;
}

export interface FormatDescription {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** True where the server is to hold the answer to the schema by its grammar. */
  readonly strict?: boolean | undefined;
}

/** The answer is to be JSON, and to fit a schema if there is one. */
export interface AnswerFormat {
  /** A JSON Schema; undefined for any JSON object. */
  readonly schema: Readonly<Record<string, unknown>> | undefined;
  /** What the client says of its schema besides. */
  readonly description?: FormatDescription | undefined;
  /** `whole`: the client gets the answer at its end, so that it can be repaired. `streamed`: it is passed on as it comes. */
  readonly delivery: 'whole' | 'streamed';
}

/** A request as its client wrote it in OpenAI's form, for workers that take it so. */
export interface OriginalChat {
  /** Undefined where a thread has encoded them: they are large. */
  readonly messages: readonly JsonObject[] | undefined;
  /** The same as the conversation has them: where that is another list by now, the original is out of date. */
  readonly of: readonly Message[];
  /** The system text that was read from them, with what was added to it in words. */
  readonly system: string | undefined;
  /** All other fields of the body that are for the model's server. */
  readonly settings: JsonObject;
}

/** A setting for which a turn has no field of its own. */
export interface FurtherSetting {
  /** Where it stands in the client's body: `text.verbosity`. */
  readonly name: string;
  /** Fields of a chat completion that ask for the same; absent where that has none. */
  readonly asked?: JsonObject | undefined;
  /** True where the answer is the one that was asked for whether or not a server is told of it. */
  readonly isMet?: boolean | undefined;
}

/** One turn: a conversation so far, to be answered by `model`. */
export interface TurnRequest {
  /** The model's name as the client wrote it. */
  readonly model: string;
  /** What was found under that name, once for the whole request. A turn whose model was not found ends in that fault. */
  readonly resolved?: ModelLookup;
  /** The system and developer messages in front of all others, joined by a blank line. */
  readonly system?: string | undefined;
  /** In order; at least one. The first is not a system message. */
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly sampling: Sampling;
  /** Absent where there are none. Where the original is current they are among its settings too. */
  readonly furtherSettings?: readonly FurtherSetting[] | undefined;
  readonly format?: AnswerFormat | undefined;
  /** The same as its client wrote it, where that was in OpenAI's form of a chat. */
  readonly original?: OriginalChat | undefined;
  readonly caller?: Caller | undefined;
  /** What its worker may do; absent: write, and nothing else. */
  readonly rights?: Rights | undefined;
  /** A name that the client gives to a conversation which goes on over several requests. It narrows what is looked for; the history decides. */
  readonly sessionHint?: string | undefined;
  /**
   * A name besides, by which a next request may go on with the conversation as it stands after this turn, and which says nothing of this
   * one: the id of the first response of a chain.
   */
  readonly nextSessionHint?: string | undefined;
  /** For whom the client says that it asks, where several people share its key: what differs here never meets. Names no conversation. */
  readonly sessionScope?: string | undefined;
  /** True: the answer goes to its client as it comes, and nothing keeps all of it. */
  readonly isPassedOn?: boolean | undefined;
  /** True: the oldest turns may be left out where the model cannot read them all. Else that is `context-too-long`. */
  readonly truncate?: boolean | undefined;
  /**
   * Called with each sid that the turn goes out under, before anything comes back.
   * @param use absent for a worker that remembers nothing between turns, and for results that are routed
   */
  readonly onSent?: ((sid: string, kind: PromptKind, use?: SessionUse) => void) | undefined;
}

/** What became of the conversation at a worker that remembers conversations, and why. */
export type SessionUse =
  /** Only the news went out, to the process that knows the rest; found by its name, or by its history alone. */
  | { readonly how: 'delta'; readonly reason: 'named' | 'history' }
  /** Only the news went out, under a fresh sid whose process resumes the session. */
  | { readonly how: 'resumed'; readonly reason: 'replica' | 'roster' | 'link' | 'idle' | 'evicted' }
  /** All of it went out. */
  | {
      readonly how: 'fresh';
      readonly reason: /** It begins with this request. */
        | 'first'
        /** No session knows this history: it was edited, or its session is gone. */
        | 'unknown-history'
        /** Another request goes on with the session now. */
        | 'busy'
        /** Its tools or rights are not those that the worker's process was started with. */
        | 'access'
        /** The workers of the model are others now, or another humd's. */
        | 'roster'
        | 'link'
        /** The worker turned out to remember nothing of it. */
        | 'empty';
    };

/**
 * How a turn goes out: as a prompt of its own (`prompt`), as the next prompt of a session that a worker remembers (`session`);
 * where it brings tool results, to the worker that waits for them (`route`), or in a prompt of its own (`replay`).
 */
export type PromptKind = 'prompt' | 'session' | 'route' | 'replay';

/**
 * What a model must be able to do for this turn besides writing. Reasoning is not among it: agents ask for it with every
 * request, whatever the model, and a worker that cannot reason leaves it out. Where a surface's own API makes it a condition
 * (Ollama's `think`), that surface adds it. Of images only those of the question count: `withoutAttachments` is for the others.
 */
export function neededCapabilities({
  tools,
  messages,
}: Pick<TurnRequest, 'tools' | 'messages'>): Capability[] {
  const needed: Capability[] = [];
  if (tools.length > 0) needed.push('tools');
  if (openQuestion(messages)?.content.some(({ type }) => type === 'image')) needed.push('vision');
  return needed;
}

/** The last message of the user. */
export function lastQuestion<Some extends { readonly role: string }>(
  messages: readonly Some[],
): Some | undefined {
  return messages.findLast(({ role }) => role === 'user');
}

/** Who an entry of a conversation is from: `call` is an answer that calls tools, `tool` a result. */
export type Speaker = 'user' | 'call' | 'tool' | 'other';

/**
 * The index of the user's message that a conversation ends with, before an answer that is to be gone on from. What stands in it was just
 * written, so that it can be refused; all else is history, which its client sends each time. -1 where a tool's result has come since, or
 * right before it: agents put there what a result cannot hold.
 */
export function openQuestionIndex<Entry>(
  list: readonly Entry[],
  speakerOf: (entry: Entry) => Speaker,
): number {
  for (let at = list.length - 1; at >= 0; at--) {
    const speaker = speakerAt(list, at, speakerOf);
    if (speaker === 'other') continue;
    return speaker === 'user' && speakerAt(list, at - 1, speakerOf) !== 'tool' ? at : -1;
  }
  return -1;
}

function speakerAt<Entry>(list: readonly Entry[], at: number, speakerOf: (entry: Entry) => Speaker): Speaker {
  const entry = list[at];
  return entry === undefined ? 'other' : speakerOf(entry);
}

/** The message of `openQuestionIndex`. */
export function openQuestion(messages: readonly Message[]): UserMessage | undefined {
  const last = messages[openQuestionIndex(messages, speakerOf)];
  return last?.role === 'user' ? last : undefined;
}

function speakerOf(message: Message): Speaker {
  if (message.role === 'assistant') return message.toolCalls.length > 0 ? 'call' : 'other';
  return message.role === 'system' ? 'other' : message.role;
}

/** Texts of which each is apart from the next, by a blank line; what is empty or not there is left out. */
export function joinParagraphs(texts: readonly (string | null | undefined)[]): string {
  return texts.filter(Boolean).join('\n\n');
}

/** What stands in the place of something that a model cannot be given. @param why begins small and has no full stop */
export function leftOut(what: string, why: string): TextPart {
  return { type: 'text', text: `[${what} was here. It is left out: ${why}.]` };
}

/** What stands where an attachment was, for a model that cannot read it. */
const LEFT_OUT: Readonly<Record<Attachment['type'], TextPart>> = {
  image: leftOut('An image', 'this model cannot see images'),
  document: leftOut('A PDF document', 'this model cannot read PDF'),
};

/** The same messages with a line of text in the place of each attachment of one of `types`; `messages` itself where there is none. */
export function withoutAttachments(
  messages: readonly Message[],
  types: readonly Attachment['type'][],
): readonly Message[] {
  const isOut = (part: Part): part is Attachment => isAttachment(part) && types.includes(part.type);
  if (!messages.some(({ content }) => content.some(isOut))) return messages;
  return messages.map((message) => ({
    ...message,
    content: message.content.map((part) => (isOut(part) ? LEFT_OUT[part.type] : part)),
  }));
}
