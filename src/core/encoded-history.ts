/**
 * What a thread makes of a large conversation while it has it at hand, so that nothing walks it on the event loop, and no
 * other thread needs a copy of it.
 */
import { questionOf, toChatMessages } from './chat-messages.js';
import { defuse } from './defuse.js';
import { chainDigests } from './history-digest.js';
import { render } from './render.js';
import type { OriginalChat, Message } from './request.js';
import { toWellFormedJson } from './well-formed-json.js';

/** What `render` makes of the messages, as bytes. Flat, so that these are found and handed over where they leave their thread. */
export interface EncodedRendering {
  /** JSON text in UTF-8, its lone surrogates replaced. */
  readonly text: Uint8Array;
  /** Of the text, in characters. */
  readonly characters: number;
  /** The same of the text once it is defused, where that is another one. */
  readonly defusedText: Uint8Array | undefined;
  readonly defusedCharacters: number;
  /** The data of each attachment, in the order of their markers, as JSON text; empty for one that is given by its address. */
  readonly attachmentData: readonly Uint8Array[];
  /** What `toChatMessages` makes of them. */
  readonly chatMessages: Uint8Array;
  readonly chatLeading: string | undefined;
  /** JSON text of the last message of the user. */
  readonly question: Uint8Array;
}

export interface EncodedHistory extends EncodedRendering {
  /** Those of the messages alone: `chainDigests`. */
  readonly digests: readonly string[];
}

/** Linear in the size of `messages`. Pure. */
export function encodeHistory(messages: readonly Message[], original?: OriginalChat): EncodedHistory {
  const chat = toChatMessages(messages, original);
  const { text, attachments } = render(messages);
  const defused = defuse(text);
  const attachmentData = attachments.map((part) =>
    'data' in part ? encodeText(part.data) : new Uint8Array(),
  );
  return {
    digests: chainDigests(messages),
    text: encodeText(text),
    characters: text.length,
    defusedText: defused === text ? undefined : encodeText(defused),
    defusedCharacters: defused.length,
    attachmentData,
    chatMessages: new TextEncoder().encode(toWellFormedJson(chat.messages)),
    chatLeading: chat.leading,
    question: encodeText(questionOf(messages)),
  };
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(text.toWellFormed()));
}

/** By the list of messages itself, which is never changed; gone with it. */
const digestsOf = new WeakMap<readonly Message[], readonly string[]>();
const renderings = new WeakMap<readonly Message[], EncodedRendering>();

export function rememberEncoded(messages: readonly Message[], history: EncodedHistory): void {
  digestsOf.set(messages, history.digests);
  renderings.set(messages, history);
}

export function knownDigests(messages: readonly Message[]): readonly string[] | undefined {
  return digestsOf.get(messages);
}

/** `chainDigests` of the messages, made once for each list of them. */
export function digestsOnce(messages: readonly Message[]): readonly string[] {
  const known = digestsOf.get(messages);
  if (known !== undefined) return known;
  const digests = chainDigests(messages);
  digestsOf.set(messages, digests);
  return digests;
}

/** Forgets it, too: the prompt goes out, while the messages are kept for as long as the turn goes on. */
export function takeRendering(messages: readonly Message[]): EncodedRendering | undefined {
  const rendering = renderings.get(messages);
  renderings.delete(messages);
  return rendering;
}
