/** Files among the messages: a model that cannot read them is given a line of text in their place, but for those just sent. */
import { isJsonObject, type JsonObject } from '../core/json-object.js';
import { leftOut, openQuestionIndex, type Speaker, type TextPart } from '../core/request.js';
import type { ErrorWords } from './error-words.js';
import type { FileForm, ModelHabits } from './model-habits.js';

const STATUSES = new Set([400, 404, 415, 422, 500, 501]);
const FILES = String.raw`(?:files?|pdfs?|documents?)\b`;
const NO = String.raw`(?:not|n't|un|no)[ -]?(?:\w+ ){0,3}(?:support|allow|accept|enable|available)\w*`;
/** The type of the part, or that files are not taken; not that this one is broken. */
const REFUSES_FILES = new RegExp(
  String.raw`['"\x60]file['"\x60]|\btype:? file\b|file_url|${NO}[^.]{0,60}\b${FILES}|\b${FILES}[^.]{0,40} ${NO}|no endpoints[^.]{0,40}support[^.]{0,20}\b${FILES}`,
  'i',
);
/** Names what it knows, and says not what it was given. */
const KNOWS_OTHERS =
  /content(?:\[\])?[.'"]*\s*type|part type|unknown variant|message format|input should be (?:'text'|a valid string)|content[\s\S]{0,60}(?:must|should) be a(?: valid)? string|(?:either|only) ['"]?text\b|['"]type['"] field that is/i;
const ABOUT_IMAGES = /\bimage_url is only|image input|support images?\b/i;
const REFUSES_ADDRESSES = /file_(?:url|id)/;

/**
 * Takes down in `habits` that the model cannot read the files of `messages`, where the refusal says so: of those that have an address, where
 * that is what the server does not know. `asked`: one of them stands in the question, so that no other try can help; `learned`: another can.
 */
export function learnFiles(
  status: number,
  { message }: ErrorWords,
  messages: unknown,
  habits: ModelHabits,
): 'learned' | 'asked' | undefined {
  if (!STATUSES.has(status) || !Array.isArray(messages)) return undefined;
  const list = messages.filter(isJsonObject);
  const sent = formsOf(list);
  if (sent.size === 0) return undefined;
  const isRefused =
    REFUSES_FILES.test(message) || (KNOWS_OTHERS.test(message) && !ABOUT_IMAGES.test(message));
  if (!isRefused) return undefined;
  const meant: readonly FileForm[] = sent.has('url') && REFUSES_ADDRESSES.test(message) ? ['url'] : [...sent];
  const isNew = meant.some((form) => !habits.refusedFiles.has(form));
  for (const form of meant) habits.refusedFiles.add(form);
  const asked = formsOf(askedOf(list));
  if (meant.some((form) => asked.has(form))) return 'asked';
  return isNew ? 'learned' : undefined;
}

/** Forgets what was taken down where the server has now taken such a file. */
export function forgetTakenFiles(messages: readonly JsonObject[], { refusedFiles }: ModelHabits): void {
  for (const form of formsOf(askedOf(messages))) refusedFiles.delete(form);
}

/** `messages` with a line in the place of each file of the history that the model cannot read. What the user just sent is the server's to refuse. */
export function withoutFiles(
  messages: readonly JsonObject[],
  { refusedFiles }: ModelHabits,
): readonly JsonObject[] {
  if (refusedFiles.size === 0) return messages;
  const asked = openQuestionIndex(messages, speakerOf);
  return messages.map((message, index) => {
    const { content } = message;
    const isOut = (part: unknown) => {
      const form = formOf(part);
      return form !== undefined && refusedFiles.has(form);
    };
    if (index === asked || !Array.isArray(content) || !content.some(isOut)) return message;
    return {
      ...message,
      content: asPlain(content.map((part: unknown) => (isOut(part) ? lineFor(part) : part))),
    };
  });
}

function lineFor(part: unknown): TextPart {
  const file = isJsonObject(part) && isJsonObject(part['file']) ? part['file'] : {};
  const { file_data: data, file_url: url } = file;
  const isPdf = url !== undefined || (typeof data === 'string' && data.startsWith('data:application/pdf'));
  return isPdf
    ? leftOut('A PDF document', 'this model cannot read PDF')
    : leftOut('A file', 'this model cannot read files');
}

/** Plain text is all that many servers take. */
function asPlain(content: readonly unknown[]): unknown {
  const texts = content.map((part) => (isJsonObject(part) ? part['text'] : undefined));
  return texts.every((text) => typeof text === 'string') ? texts.join('\n') : content;
}

function askedOf(messages: readonly JsonObject[]): readonly JsonObject[] {
  const asked = messages[openQuestionIndex(messages, speakerOf)];
  return asked === undefined ? [] : [asked];
}

function speakerOf({ role, tool_calls: calls }: JsonObject): Speaker {
  if (role === 'assistant') return Array.isArray(calls) && calls.length > 0 ? 'call' : 'other';
  return role === 'user' || role === 'tool' ? role : 'other';
}

function formsOf(messages: readonly JsonObject[]): ReadonlySet<FileForm> {
  const parts = messages.flatMap(({ content }): readonly unknown[] =>
    Array.isArray(content) ? content : [],
  );
  return new Set(parts.flatMap((part) => formOf(part) ?? []));
}

/** Undefined for what is no file. */
function formOf(part: unknown): FileForm | undefined {
  if (!isJsonObject(part) || part['type'] !== 'file') return undefined;
  const { file } = part;
  return isJsonObject(file) && 'file_url' in file ? 'url' : 'data';
}
