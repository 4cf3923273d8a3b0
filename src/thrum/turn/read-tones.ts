/** Reads the tones of one turn and says what they mean to the client. */
import { randomUUID } from 'node:crypto';
import { isCount } from '../../core/count.js';
import type { Event, FinishReason, RanTool } from '../../core/event.js';
import { Fault } from '../../core/fault.js';
import { parseJson } from '../../core/json-object.js';
import { isTokenLogprob, type TokenLogprob } from '../../core/logprobs.js';
import { extendBeginning } from './beginning.js';
import { MessageBreaks, type TextDelta } from '../../core/message-breaks.js';
import type { Tone } from '../link/tone-codec.js';
import { isHidden } from '../link/protocol.js';
import { issueCallId } from './call-ids.js';
import { readError } from './read-error.js';
import { toUsage } from './usage.js';

export interface TurnFacts {
  /** The model's name as the client wrote it. */
  readonly model: string;
  /** The names by which the worker may call the tools of the request. */
  readonly toolNames: Names;
  /** What the client calls them, where it is another name. */
  readonly clientNames?: ReadonlyMap<string, string> | undefined;
  /** True where a call of any other name can never be answered, so that it ends the turn. */
  readonly refusesOtherCalls?: boolean;
  /** True for a worker that says `session-ready` before anything else: one that never does has not started. */
  readonly greets?: boolean;
  /** How many characters the model was given to read; most workers say themselves how many tokens these were. */
  readonly promptCharacters: () => number;
  /** Tell the client, as reasoning, what tools run on the worker's side. */
  readonly showWorkerTools: boolean;
  /** Tell it as what it is, whatever is shown as reasoning. */
  readonly tellsRanTools?: boolean;
  /** The text of the answer is needed at the end, to recognise the conversation when it goes on. */
  readonly keepsAnswer: boolean;
  /** The beginning of the text is needed, to recognise an answer whose calls have lost their ids. */
  readonly keepsBeginning?: boolean;
  /** All of the answer is kept until its end, by whoever reads it. */
  readonly isHeld?: boolean;
  /** True where Claude Code's CLI answers: its errors are told from its words, and a process that leaves has failed. */
  readonly isClaude?: boolean;
  /** True where a worker served the model when it was looked up. */
  readonly wasServed?: boolean;
  /** True for workers that are given the messages of a conversation, and know their calls in them by these ids. */
  readonly derivesCallIds?: boolean;
  /** Where the answer is cut, in characters of text and reasoning, for a worker that does not do so itself; absent for no limit. */
  readonly maxOutputCharacters?: number | undefined;
}

/** A set of names, or the keys of a map. */
export type Names = Pick<ReadonlySet<string>, 'has'>;

/** A call that the client was given. */
export interface GivenCall {
  /** As the client knows it: the bridge's own, which no other call of any conversation has. */
  readonly id: string;
  /** As the worker knows it; workers number theirs, so that two conversations may have the same. */
  readonly workerId: string;
  /** The tool's name as the worker knows it. */
  readonly workerName: string;
  readonly name: string;
  /** JSON text of the arguments. */
  readonly input: string;
}

/**
 * Turns both chunk dialects, tool calls and ends into events. Holds what later tones are read by: the tool inputs that
 * are open, the calls given out, the next index of the `part` dialect and the volume of the output.
 */
export class ToneReader {
  #facts: TurnFacts;
  readonly #emit: (event: Event) => void;
  /** Declared tools whose input is on its way: the call itself comes as a tone of its own. Most turns have none. */
  #openInputs: Map<unknown, unknown> | undefined;
  /** The ids of calls on the worker's side that were told of. */
  #toldCalls: Set<string> | undefined;
  /** How often each id of the worker's came. */
  #calledIds: Map<string, number> | undefined;
  #sid = '';
  #outputCharacters = 0;
  #calls: GivenCall[] = [];
  /** How many of the calls came before the turn was closed for the client; the later ones begin its next turn. */
  #closedCalls = 0;
  /** True where the client has had answers before, which ended on calls: what the worker counts at its end holds these, too. */
  #hasEarlierAnswers = false;
  #answer = '';
  #beginning = '';
  readonly #breaks = new MessageBreaks();
  #hasEndedByItself = false;
  #nestId: string | undefined;
  #isParked = false;
  #nextIndex = 0;

  constructor(facts: TurnFacts, emit: (event: Event) => void) {
    this.#facts = facts;
    this.#emit = emit;
  }

  /** True while the worker waits for the result of a call that was given to the client. */
  get hasWaitingCalls(): boolean {
    return this.#isParked;
  }

  /** True while the input of a further call is on its way. */
  get hasOpenInputs(): boolean {
    return this.#openInputs !== undefined && this.#openInputs.size > 0;
  }

  /** The calls that the turn was closed on: those that the client knows of and brings results for. */
  get calls(): readonly GivenCall[] {
    return this.#calls.slice(0, this.#closedCalls);
  }

  /** All calls that the worker waits for results of. */
  get openCalls(): readonly GivenCall[] {
    return this.#isParked ? this.#calls : [];
  }

  /** True if the request brought the tool. */
  declares(tool: string): boolean {
    return this.#facts.toolNames.has(tool);
  }

  /** The model's own session id. */
  get nestId(): string | undefined {
    return this.#nestId;
  }

  /** True after a finish by which the model said that its answer is complete, with no call and nothing cut. */
  get hasEndedByItself(): boolean {
    return this.#hasEndedByItself;
  }

  /** True once anything of an answer was given. */
  get hasOutput(): boolean {
    return this.#outputCharacters > 0;
  }

  /** The text of the answer so far; '' unless `facts.keepsAnswer`. */
  get answer(): string {
    return this.#answer;
  }

  /** The beginning of that; '' unless `facts.keepsBeginning`. */
  get beginning(): string {
    return this.#beginning;
  }

  /** The turn goes on for another request: what is read from now on belongs to that. */
  resume(facts: TurnFacts): void {
    this.#facts = facts;
    this.#hasEarlierAnswers ||= this.#closedCalls > 0;
    this.#outputCharacters = 0;
    this.#answer = '';
    this.#beginning = '';
    this.#breaks.beginAnswer();
    this.#calls = this.#calls.slice(this.#closedCalls);
    this.#closedCalls = 0;
    this.#isParked = this.#calls.length > 0;
  }

  /** Reads one tone of this turn. False: its chi is unknown. */
  read(tone: Tone): boolean {
    if (typeof tone.sid === 'string') this.#sid = tone.sid;
    switch (tone.chi) {
      case 'chunk':
        this.#readChunk(tone);
        return true;
      case 'tool-call':
        this.#readToolCall(tone);
        return true;
      case 'session-ready':
        if (typeof tone['nestId'] === 'string') this.#nestId = tone['nestId'];
        this.#emit({ type: 'ready' });
        return true;
      case 'finish':
        this.#readFinish(tone);
        return true;
      case 'error':
        this.#emit({ type: 'fault', fault: this.#readError(tone) });
        return true;
      case 'tool-info':
        this.#showWorkerTool(tone);
        return true;
      default:
        return isHidden(tone.chi);
    }
  }

  /** The end of a turn that is closed on its calls while the worker stays parked; the worker has reported no usage. */
  finishOnCalls(): Event {
    this.#closedCalls = this.#calls.length;
    return { type: 'finish', reason: 'tool-calls', usage: this.#usage(undefined) };
  }

  #readChunk(tone: Tone): void {
    if (tone['part'] !== undefined) {
      this.#readPart(tone, tone['part']);
      return;
    }
    if (tone['logprobs'] !== undefined) this.#giveLogprobs(tone['logprobs'], tone['chunkType']);
    switch (tone['chunkType']) {
      case 'text_start':
      case 'reasoning_start':
        this.#breaks.startBlock(tone['chunkType'], tone['blockIdx']);
        break;
      case 'text_delta':
        this.#readText('text-delta', tone['delta']);
        break;
      case 'reasoning_delta':
        this.#readText('reasoning-delta', tone['delta']);
        break;
      case 'tool_input_start':
        this.#openInput(tone);
        break;
      case 'tool_executed':
        this.#showWorkerTool(tone);
        break;
      case 'content_block_stop':
        this.#closeInputs((blockIdx) => blockIdx !== undefined && blockIdx === tone['blockIdx']);
        break;
      default:
        break;
    }
  }

  /** @param list JSON text, in which the order of keys stays as it is */
  #giveLogprobs(list: unknown, chunkType: unknown): void {
    if (typeof list !== 'string') return;
    const tokens = readTokens(list);
    if (tokens.length === 0) return;
    const of = chunkType === 'text_delta' ? 'text' : chunkType === 'reasoning_delta' ? 'reasoning' : 'call';
    this.#emit({ type: 'logprobs', of, tokens });
  }

  /** The dialect of the wire spec: whole parts with an index, in which a gap shows a dropped tone. */
  #readPart(tone: Tone, part: unknown): void {
    const index = tone['index'];
    if (isCount(index)) {
      if (index > this.#nextIndex) {
        const fault = new Fault('output-lost', 'a piece of the answer was lost between humd and the bridge');
        this.#emit({ type: 'fault', fault });
        return;
      }
      this.#nextIndex = index + 1;
    }
    if (typeof part !== 'object' || part === null || !('type' in part)) return;
    if (part.type === 'text' && 'text' in part) this.#readText('text-delta', part.text);
    else if (part.type === 'reasoning' && 'text' in part) this.#readText('reasoning-delta', part.text);
    else if (part.type === 'tool_use' && 'toolCall' in part) this.#readToolUse(part.toolCall);
  }

  #readText(type: 'text-delta' | 'reasoning-delta', text: unknown): void {
    if (typeof text !== 'string' || text === '') return;
    const { maxOutputCharacters = Number.POSITIVE_INFINITY } = this.#facts;
    const room = maxOutputCharacters - this.#outputCharacters;
    // A call is never cut, nor what comes around one: its client answers it.
    if (text.length <= room || this.#calls.length > 0 || this.hasOpenInputs) {
      this.#giveText(type, text);
      return;
    }
    const cut = text.slice(0, Math.max(0, room));
    this.#giveText(type, cut.isWellFormed() ? cut : cut.slice(0, -1));
    this.#emit({ type: 'finish', reason: 'length', usage: this.#usage(undefined) });
  }

  #giveText(type: 'text-delta' | 'reasoning-delta', text: string): void {
    if (text === '') return;
    this.#outputCharacters += text.length;
    if (type === 'reasoning-delta') {
      this.#emit({ type, text });
      return;
    }
    const separated = this.#breaks.separate(text);
    if (separated === undefined) this.#emitText({ type, text });
    else for (const event of separated) this.#emitText(event);
  }

  #emitText(event: TextDelta): void {
    if (this.#facts.keepsAnswer) this.#answer += event.text;
    if (this.#facts.keepsBeginning) this.#beginning = extendBeginning(this.#beginning, event.text);
    this.#emit(event);
  }

  /** A tool that ran on the worker's side is no call for the client; it may be told of it, as what it is or as reasoning. */
  #showWorkerTool(tone: Tone): void {
    const { toolName, isError } = tone;
    const { showWorkerTools, tellsRanTools, toolNames } = this.#facts;
    if (
      !(showWorkerTools || tellsRanTools) ||
      typeof toolName !== 'string' ||
      declaredName(toolName, toolNames) !== undefined
    )
      return;
    if (tellsRanTools) {
      if (this.#isNews(tone['callId'])) this.#emit({ type: 'tool-ran', tool: toRanTool(toolName, tone) });
      return;
    }
    this.#emit({ type: 'reasoning-delta', text: `[${toolName}${isError === true ? ' failed' : ''}]\n` });
  }

  /** False for a call that was told of already: some workers tell of one twice. */
  #isNews(callId: unknown): boolean {
    if (typeof callId !== 'string' || callId === '') return true;
    if (this.#toldCalls?.has(callId)) return false;
    this.#toldCalls ??= new Set();
    this.#toldCalls.add(callId);
    return true;
  }

  /** A call that parks the worker until its result comes. */
  #readToolCall(tone: Tone): void {
    const callId = tone['callId'];
    this.#openInputs?.delete(callId);
    const name = tone['name'] ?? tone['toolName'];
    if (this.#giveCall(callId, name, tone['args'])) this.#isParked = true;
    else if (this.#facts.refusesOtherCalls === true) {
      const message = `the worker called the tool '${String(name)}', which is offered by nothing on this hum: it would wait for ever`;
      this.#emit({ type: 'fault', fault: new Fault('worker-error', message) });
    }
  }

  /** A call that parks nothing: the turn ends with its own finish. */
  #readToolUse(call: unknown): void {
    if (typeof call !== 'object' || call === null) return;
    const { id, name, input }: { id?: unknown; name?: unknown; input?: unknown } = call;
    this.#giveCall(id, name, input);
  }

  #giveCall(id: unknown, name: unknown, input: unknown): boolean {
    const plain = typeof name === 'string' ? declaredName(name, this.#facts.toolNames) : undefined;
    if (plain === undefined) return false;
    const text = toInputText(input);
    if (text === undefined) {
      const message = `the arguments of a call of the tool '${plain}' nest too deep`;
      this.#emit({ type: 'fault', fault: new Fault('worker-error', message) });
      return false;
    }
    const clientName = this.#facts.clientNames?.get(plain) ?? plain;
    this.#outputCharacters += clientName.length + text.length;
    const issued = this.#issueId(id);
    const workerId = typeof id === 'string' && id !== '' ? id : issued;
    this.#calls.push({ id: issued, workerId, workerName: plain, name: clientName, input: text });
    this.#emit({ type: 'tool-call', id: issued, name: clientName, input: text });
    return true;
  }

  #issueId(id: unknown): string {
    if (this.#facts.derivesCallIds !== true || typeof id !== 'string' || id === '')
      return `call_${randomUUID().replaceAll('-', '')}`;
    const repetition = this.#calledIds?.get(id) ?? 0;
    this.#calledIds ??= new Map();
    this.#calledIds.set(id, repetition + 1);
    return issueCallId(this.#sid, id, repetition);
  }

  #openInput(tone: Tone): void {
    const { toolCallId, toolName, blockIdx }: Tone = tone;
    if (typeof toolName !== 'string' || declaredName(toolName, this.#facts.toolNames) === undefined) return;
    this.#openInputs ??= new Map();
    this.#openInputs.set(toolCallId, blockIdx);
  }

  #closeInputs(isClosed: (blockIdx: unknown) => boolean): void {
    for (const [id, blockIdx] of this.#openInputs ?? []) if (isClosed(blockIdx)) this.#openInputs?.delete(id);
  }

  #readFinish(tone: Tone): void {
    const reason = toFinishReason(tone['finishReason']);
    const exitCode = readExitCode(tone['exitCode']);
    if (this.#facts.isClaude === true && exitCode !== undefined) {
      const message = `the model process left without a result, with exit code ${exitCode}`;
      this.#emit({ type: 'fault', fault: new Fault('worker-error', message) });
      return;
    }
    if (reason === 'error') {
      const message =
        typeof tone['message'] === 'string' ? tone['message'] : 'the worker ended the turn with an error';
      this.#emit({ type: 'fault', fault: new Fault('worker-error', message) });
      return;
    }
    if (exitCode !== undefined && exitCode !== 0 && this.#outputCharacters === 0) {
      const message = `the model process exited with code ${exitCode} before it said anything`;
      this.#emit({ type: 'fault', fault: new Fault('worker-error', message) });
      return;
    }
    const forClient = this.#reasonForClient(reason);
    this.#hasEndedByItself = forClient === 'stop';
    this.#emit({ type: 'finish', reason: forClient, usage: this.#usage(this.#countsOf(tone)) });
  }

  /**
   * Clients loop on `tool-calls` and only on it: it is said exactly where they were given a call
   * (src/http/README.md, "Finish reasons").
   */
  #reasonForClient(reason: 'stop' | 'length' | 'tool-calls' | 'content-filter') {
    const hasCall = this.#calls.length > 0;
    if (hasCall && reason === 'stop') return 'tool-calls';
    return !hasCall && reason === 'tool-calls' ? 'stop' : reason;
  }

  /**
   * Claude Code counts the sum of all that its turn has read, once for each call of its model. Clients see from the counts of an answer how
   * full the context is, so that behind routed results an estimate is nearer.
   */
  #countsOf(tone: Tone): unknown {
    return this.#facts.isClaude === true && this.#hasEarlierAnswers ? undefined : tone['usage'];
  }

  #readError(tone: Tone): Fault {
    const { model, wasServed, isClaude = false } = this.#facts;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return readError(tone, { model, wasServed, isClaude, now: Date.now(), zone });
  }

  #usage(raw: unknown) {
    const { promptCharacters } = this.#facts;
    return toUsage(raw, { promptCharacters: promptCharacters(), outputCharacters: this.#outputCharacters });
  }
}

/** Of a tool that no server is named of. */
const MESH = 'hum';

function toRanTool(toolName: string, tone: Tone): RanTool {
  const at = toolName.startsWith(NAMESPACE) ? toolName.indexOf(SEPARATOR, NAMESPACE.length) : -1;
  const output = tone['output'] ?? tone['result'] ?? '';
  return {
    server: at === -1 ? MESH : toolName.slice(NAMESPACE.length, at) || MESH,
    name: at === -1 ? toolName : toolName.slice(at + SEPARATOR.length) || toolName,
    input: toInputText(tone['arguments'] ?? tone['args']) ?? '{}',
    output: typeof output === 'string' ? output : (toInputText(output) ?? ''),
    isError: tone['isError'] === true,
  };
}

/** Those of a chunk; none where it holds something else. */
function readTokens(json: string): readonly TokenLogprob[] {
  const tokens = parseJson(json);
  return Array.isArray(tokens) ? tokens.filter(isTokenLogprob) : [];
}

/**
 * Arguments as JSON text: workers send an object, or a string that already is JSON text. Undefined for what nests so deep that
 * it can be read but not written.
 */
function toInputText(input: unknown): string | undefined {
  if (typeof input === 'string') return input === '' ? '{}' : input;
  try {
    return input == null ? '{}' : JSON.stringify(input);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const NAMESPACE = 'mcp__';
const SEPARATOR = '__';

/**
 * The declared tool behind `name`, or undefined where it is none of the client's business. MCP-namespaced names,
 * `mcp__<server>__<name>`, stand for `<name>` (src/thrum/README.md, "Tool names"); both parts may hold underscores.
 */
function declaredName(name: string, declared: Names): string | undefined {
  if (declared.has(name)) return name;
  if (!name.startsWith(NAMESPACE)) return undefined;
  let at = name.indexOf(SEPARATOR, NAMESPACE.length);
  for (; at !== -1; at = name.indexOf(SEPARATOR, at + 1)) {
    const plain = name.slice(at + SEPARATOR.length);
    if (declared.has(plain)) return plain;
  }
  return undefined;
}

/** The reason in our words; `error` is never a normal end. Unknown and absent mean `stop` (src/thrum/README.md, "Finish reasons"). */
function toFinishReason(raw: unknown): FinishReason | 'error' {
  switch (raw) {
    case 'length':
    case 'max_tokens':
      return 'length';
    case 'tool_use':
    case 'tool-use':
    case 'tool_calls':
      return 'tool-calls';
    case 'content_filter':
    case 'refusal':
      return 'content-filter';
    default:
      return typeof raw === 'string' && (raw === 'error' || raw.startsWith('error_')) ? 'error' : 'stop';
  }
}

/** Undefined for what no process ends with; a negative one names a signal. */
function readExitCode(value: unknown): number | undefined {
  return typeof value === 'number' && isCount(Math.abs(value)) ? value : undefined;
}
