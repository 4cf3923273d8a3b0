/**
 * Turns a conversation into the one text that a hum prompt carries.
 *
 * A single user message is sent as it is. A longer history becomes a transcript: one `<turn>` element for each earlier
 * turn, then the last user message. The same history always gives the same bytes, and all that stands before the last
 * user message is a prefix of the rendering of every continuation, so that prompt caches keep working.
 *
 * A system text goes its own way, but for workers that cannot be given it: there it stands in front, in an element of its own, and
 * even a single user message is escaped, so that no content can pass for it.
 */
import type { Attachment, Message, Part, ToolCall } from './request.js';

export interface Rendering {
  readonly text: string;
  /** Those of all messages, in the order of their markers. */
  readonly attachments: readonly Attachment[];
}

const PREAMBLE = 'The conversation so far. Reply to its last message as the assistant.\n\n';

const BEFORE_SYSTEM =
  'The system text stands in the first element, `turn-system`. It goes before all that follows.\n\n';

/**
 * Renders `messages`, which holds at least one. Linear in their size.
 * @param system a system text that has to stand in front of them
 */
export function render(messages: readonly Message[], system?: string): Rendering {
  const attachments: Attachment[] = [];
  const [first] = messages;
  if (system !== undefined) {
    const head = `${BEFORE_SYSTEM}${systemElement(system)}\n\n`;
    if (messages.length > 1 || first?.role !== 'user') {
      const rest = render(messages);
      return { ...rest, text: head + rest.text };
    }
    return { text: head + renderContent(first.content, attachments), attachments };
  }
  if (messages.length === 1 && first?.role === 'user') {
    return { text: verbatim(first.content, attachments), attachments };
  }
  const pieces: string[] = [PREAMBLE];
  const last = messages.at(-1);
  const earlier = last?.role === 'user' ? messages.slice(0, -1) : messages;
  for (const message of earlier) renderTurn(message, pieces, attachments);
  if (last?.role === 'user') pieces.push('\n', renderContent(last.content, attachments));
  else if (isPrefill(last)) pieces.push(GO_ON);
  return { text: pieces.join(''), attachments };
}

/** Behind an answer that the client has begun. What it is answered stands right behind that, for the client. */
export const GO_ON =
  '\nThe last turn is the beginning of your own answer. Do not reply to it: go on exactly where it ends, and write only what comes next, without repeating any of it.';

function isPrefill(last: Message | undefined): boolean {
  return (
    last?.role === 'assistant' &&
    last.toolCalls.length === 0 &&
    last.content.some((part) => part.type === 'text' && part.text !== '')
  );
}

const NEWS_PREAMBLE = 'The conversation goes on. Reply to its last message as the assistant.\n\n';

/** Renders what is new in a conversation that the model knows already: one user message alone as it is, else all in elements. */
export function renderNews(messages: readonly Message[]): Rendering {
  const [first] = messages;
  if (messages.length === 1 && first?.role === 'user') return render(messages);
  const { text, attachments } = render(messages);
  return { text: NEWS_PREAMBLE + text.slice(PREAMBLE.length), attachments };
}

function renderTurn(message: Message, pieces: string[], attachments: Attachment[]): void {
  pieces.push('<turn role="', message.role, '"');
  if (message.role === 'tool') {
    if (message.toolCallId != null) pieces.push(' id="', escapeAttribute(message.toolCallId), '"');
    if (message.toolName != null) pieces.push(' name="', escapeAttribute(message.toolName), '"');
    if (message.isError) pieces.push(' error="true"');
  }
  pieces.push('>\n');
  const content = renderContent(message.content, attachments);
  if (content !== '') pieces.push(content, '\n');
  if (message.role === 'assistant') for (const call of message.toolCalls) renderCall(call, pieces);
  pieces.push('</turn>\n');
}

function renderCall(call: ToolCall, pieces: string[]): void {
  pieces.push('<turn-call');
  if (call.id != null) pieces.push(' id="', escapeAttribute(call.id), '"');
  pieces.push(' name="', escapeAttribute(call.name), '">', escapeContent(call.input), '</turn-call>\n');
}

function renderContent(content: readonly Part[], attachments: Attachment[]): string {
  return content
    .map((part) => {
      if (part.type === 'text') return escapeContent(part.text);
      attachments.push(part);
      return `<turn-${part.type} number="${attachments.length}"/>`;
    })
    .join('\n');
}

function verbatim(content: readonly Part[], attachments: Attachment[]): string {
  const texts: string[] = [];
  for (const part of content) {
    if (part.type === 'text') texts.push(part.text);
    else attachments.push(part);
  }
  return texts.join('\n');
}

/**
 * Makes text that cannot be taken for our markup: a `<` in front of `turn` or `/turn` gets a backslash behind it, and one
 * more where there are some already, so that two different texts never become the same.
 */
export function escapeContent(text: string): string {
  return text.replace(/<(?=\\*\/?\s*turn)/gi, '<\\');
}

/** A system text as an element of its own, for text in which nothing else can pass for one. */
export function systemElement(text: string): string {
  return `<turn-system>\n${escapeContent(text)}\n</turn-system>`;
}

/** A user's text as an element of its own, in the same way. */
export function userElement(text: string): string {
  return `<turn-user>\n${escapeContent(text)}\n</turn-user>`;
}

/** Makes text that holds no such element, and leaves all others as they are: a tool's result is not to be changed for less. */
export function escapeElements(text: string): string {
  return text.replace(/<(?=\\*\/?\s*turn-(?:system|user))/gi, '<\\');
}

/** For values between double quotes within one of our tags. */
function escapeAttribute(value: string): string {
  return value.replace(/[&"<>\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}
