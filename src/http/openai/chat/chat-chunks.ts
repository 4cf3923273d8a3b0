/** A streamed answer as `chat.completion.chunk` events (src/http/openai/README.md, "Chat chunks"). */
import { addUsage, type Event } from '../../../core/event.js';
import type { TokenLogprob } from '../../../core/logprobs.js';
import { jsonText, splitText } from '../../answer/line-text.js';
import { type StreamEncoder, toUnfitCallsComment } from '../../answer/respond.js';
import { toCalledFunction, toCustomInput } from '../called-tool.js';
import type { Envelope } from '../envelope.js';
import { toError } from '../error.js';
import { NO_USAGE, toFinishReason, toUsage } from '../ending.js';
import { choiceOf } from '../run-turns.js';
import { DONE, EVENT_STREAM, MAX_DELTA_CHARACTERS, PING } from '../sse.js';
import { type AnswerStyle, toChatLogprobs, toReasoningKeys } from './chat-completion.js';

/** Reasoning stands in its chunk twice. */
const MAX_REASONING_CHARACTERS = MAX_DELTA_CHARACTERS / 2;

export interface ChunkOptions extends AnswerStyle {
  /** How many answers there will be. */
  readonly choices: number;
  /** Whether the client asked for the token counts. */
  readonly includeUsage: boolean;
}

type VisibleEvent = Exclude<Event, { type: 'ready' | 'fault' }>;

/** What has gone out of one answer. */
interface Choice {
  readonly prefix: string;
  calls: number;
  /** Those that the next chunk is to hold. */
  logprobs: TokenLogprob[] | undefined;
}

/**
 * Each answer's role comes once, with the first visible event, and the answers' roles in the order of their indexes;
 * each call comes whole before the next, and only arguments past the line limit go on in further fragments, which repeat
 * nothing but the index; the reason comes alone at the end. A fault is sent in-band and ends the stream without a reason
 * or `[DONE]`, so that no client takes it for complete.
 */
export class ChatChunks implements StreamEncoder {
  readonly contentType = EVENT_STREAM;
  readonly ping = PING;
  readonly #options: ChunkOptions;
  readonly #head: string;
  readonly #suffix: string;
  /** Those whose role is out. */
  readonly #choices: Choice[] = [];
  #ended = 0;
  #usage = NO_USAGE;

  constructor({ id, created, model }: Envelope, options: ChunkOptions) {
    const envelope = jsonText({
      id,
      object: 'chat.completion.chunk',
      created,
      model,
      system_fingerprint: null,
    });
    this.#head = `data: ${envelope.slice(0, -1)},"choices":[`;
    this.#suffix = `,"finish_reason":null}]${options.includeUsage ? ',"usage":null' : ''}}\n\n`;
    this.#options = options;
  }

  get answers(): number {
    return this.#options.choices;
  }

  encode(batch: readonly Event[]): string {
    let text = '';
    for (const event of batch) text += this.#encodeEvent(event);
    return text;
  }

  #encodeEvent(event: Event): string {
    if (event.type === 'fault') return `data: ${toError(event.fault).body}\n\n`;
    if (event.type === 'ready') return event.unfitCalls ? toUnfitCallsComment(event.unfitCalls) : '';
    if (!this.#isVisible(event)) return '';
    const index = choiceOf(event);
    const roles = this.#rolesUpTo(index);
    const choice = this.#choices[index];
    return choice === undefined ? roles : roles + this.#encodeShown(choice, event);
  }

  #isVisible(event: VisibleEvent): boolean {
    switch (event.type) {
      case 'text-delta':
        return event.text !== '';
      case 'reasoning-delta':
        return event.text !== '' && this.#options.reasoningField !== 'none';
      case 'logprobs':
      case 'tool-call':
      case 'finish':
        return true;
      case 'tool-ran':
        return false;
      default:
        return event satisfies never;
    }
  }

  /** The roles that are still missing: Python's client wants them in the order of their indexes. */
  #rolesUpTo(last: number): string {
    let roles = '';
    for (let index = this.#choices.length; index <= last; index++) {
      const choice: Choice = {
        prefix: `${this.#head}{"index":${index},"delta":`,
        calls: 0,
        logprobs: undefined,
      };
      this.#choices.push(choice);
      roles += this.#chunk(choice, '{"role":"assistant","content":""}');
    }
    return roles;
  }

  #encodeShown(choice: Choice, event: VisibleEvent): string {
    switch (event.type) {
      case 'text-delta':
        return this.#text(choice, event.text);
      case 'reasoning-delta':
        return this.#reasoning(choice, event.text);
      case 'logprobs':
        choice.logprobs ??= [];
        choice.logprobs.push(...event.tokens);
        return '';
      case 'tool-call':
        return this.#call(choice, event);
      case 'tool-ran':
        return '';
      case 'finish':
        return this.#finish(choice, event);
      default:
        return event satisfies never;
    }
  }

  #text(choice: Choice, text: string): string {
    if (text.length <= MAX_DELTA_CHARACTERS) return this.#chunk(choice, `{"content":${jsonText(text)}}`);
    return splitText(text, MAX_DELTA_CHARACTERS)
      .map((piece) => this.#chunk(choice, `{"content":${jsonText(piece)}}`))
      .join('');
  }

  #reasoning(choice: Choice, text: string): string {
    return splitText(text, MAX_REASONING_CHARACTERS)
      .map((piece) => this.#chunk(choice, jsonText(toReasoningKeys(piece, this.#options.reasoningField))))
      .join('');
  }

  #call(choice: Choice, call: Extract<Event, { type: 'tool-call' }>): string {
    const index = choice.calls++;
    if (this.#options.isLegacy) return index > 0 ? '' : this.#functionCall(choice, call);
    const isCustom = this.#options.customTools.has(call.name);
    const called = toCalledFunction(call);
    const input = isCustom ? toCustomInput(call.input) : called.arguments;
    const [first = '', ...rest] = splitText(input, MAX_DELTA_CHARACTERS);
    const { id, name } = call;
    const whole = isCustom
      ? { index, id, type: 'custom', custom: { name, input: first } }
      : { index, id, type: 'function', function: { name, arguments: first } };
    const others = rest.map((piece) =>
      isCustom ? { index, custom: { input: piece } } : { index, function: { arguments: piece } },
    );
    return [whole, ...others]
      .map((fragment) => this.#chunk(choice, `{"tool_calls":[${jsonText(fragment)}]}`))
      .join('');
  }

  /** The old form has room for one call. */
  #functionCall(choice: Choice, call: Extract<Event, { type: 'tool-call' }>): string {
    const called = toCalledFunction(call);
    const [first = '', ...rest] = splitText(called.arguments, MAX_DELTA_CHARACTERS);
    return [{ name: called.name, arguments: first }, ...rest.map((piece) => ({ arguments: piece }))]
      .map((fragment) => this.#chunk(choice, `{"function_call":${jsonText(fragment)}}`))
      .join('');
  }

  #finish(choice: Choice, { reason, usage }: Extract<Event, { type: 'finish' }>): string {
    const { choices, includeUsage, isLegacy } = this.#options;
    const calls = choice.calls === 0 ? 'none' : isLegacy ? 'function_call' : 'tool_calls';
    this.#ended++;
    this.#usage = addUsage(this.#usage, usage);
    const end = `${choice.prefix}{}${takeLogprobs(choice)},"finish_reason":"${toFinishReason(reason, calls)}"}]${includeUsage ? ',"usage":null' : ''}}\n\n`;
    if (this.#ended < choices) return end;
    if (!includeUsage) return end + DONE;
    return `${end}${this.#head}],"usage":${jsonText(toUsage(this.#usage))}}\n\n${DONE}`;
  }

  #chunk(choice: Choice, delta: string): string {
    return choice.logprobs === undefined
      ? choice.prefix + delta + this.#suffix
      : choice.prefix + delta + takeLogprobs(choice) + this.#suffix;
  }
}

/** As a further key of the choice; '' where there are none. */
function takeLogprobs(choice: Choice): string {
  const { logprobs } = choice;
  if (logprobs === undefined) return '';
  choice.logprobs = undefined;
  return `,"logprobs":${jsonText(toChatLogprobs(logprobs))}`;
}
