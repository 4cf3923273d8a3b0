/**
 * Folds the items of a history into messages: an assistant's words and its calls are one message, results stand behind it.
 */
import type {
  Message,
  Part,
  SystemMessage,
  ToolCall,
  ToolMessage,
  UserMessage,
} from '../../../core/request.js';

/** What a call is answered with whose result the history does not hold. */
const ABORTED: readonly Part[] = [{ type: 'text', text: 'aborted' }];

interface Assistant {
  readonly role: 'assistant';
  readonly content: Part[];
  readonly toolCalls: ToolCall[];
  reasoning?: string;
}

export class MessageFold {
  readonly #messages: (SystemMessage | UserMessage | Assistant | ToolMessage)[] = [];
  /** The names of all calls so far, by their ids. */
  readonly #names = new Map<string, string>();
  /** The message whose calls still want results, and their ids. */
  #calling: { readonly message: Assistant; readonly ids: Set<string> } | undefined;
  readonly #answered = new Set<string>();
  /** Those of the answer that comes next. */
  #thoughts = '';

  /** True as long as nothing has been added. */
  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  system(content: readonly Part[]): void {
    this.#messages.push({ role: 'system', content });
  }

  user(content: readonly Part[]): void {
    this.#thoughts = '';
    this.#messages.push({ role: 'user', content });
  }

  /** Words between a call and its result belong to the caller, so that the result stays next to it. */
  assistant(content: readonly Part[]): void {
    const message = this.#calling?.message ?? this.#lastAssistant();
    this.#attachReasoning(message);
    message.content.push(...content);
  }

  /** What the model thought before what follows; words and calls of one answer may have thoughts between them. */
  reasoning(text: string): void {
    this.#thoughts = this.#thoughts === '' ? text : `${this.#thoughts}\n\n${text}`;
  }

  call(call: ToolCall & { readonly id: string }): void {
    const message = this.#lastAssistant();
    this.#attachReasoning(message);
    message.toolCalls.push(call);
    this.#names.set(call.id, call.name);
    if (this.#calling?.message !== message) this.#calling = { message, ids: new Set() };
    this.#calling.ids.add(call.id);
  }

  result(toolCallId: string, content: readonly Part[]): void {
    const toolName = this.#names.get(toolCallId);
    this.#messages.push({
      role: 'tool',
      content,
      toolCallId,
      ...(toolName !== undefined ? { toolName } : {}),
    });
    this.#answered.add(toolCallId);
    this.#calling?.ids.delete(toolCallId);
    if (this.#calling?.ids.size === 0) this.#calling = undefined;
  }

  /** All messages; a call without a result gets the result `aborted`, and is never refused. */
  messages(): readonly Message[] {
    const messages: Message[] = [];
    let owed: readonly ToolMessage[] = [];
    for (const message of this.#messages) {
      if (message.role !== 'tool') {
        messages.push(...owed);
        owed = message.role === 'assistant' ? this.#abortedCalls(message.toolCalls) : [];
      }
      messages.push(message);
    }
    return [...messages, ...owed];
  }

  #abortedCalls(calls: readonly ToolCall[]): readonly ToolMessage[] {
    return calls.flatMap(({ id, name }) =>
      id === undefined || this.#answered.has(id)
        ? []
        : [{ role: 'tool', content: ABORTED, toolCallId: id, toolName: name, isError: true } as const],
    );
  }

  #attachReasoning(message: Assistant): void {
    const thoughts = this.#thoughts;
    if (thoughts === '') return;
    this.#thoughts = '';
    message.reasoning = message.reasoning === undefined ? thoughts : `${message.reasoning}\n\n${thoughts}`;
  }

  #lastAssistant(): Assistant {
    const last = this.#messages.at(-1);
    if (last?.role === 'assistant') return last;
    const message: Assistant = { role: 'assistant', content: [], toolCalls: [] };
    this.#messages.push(message);
    return message;
  }
}
