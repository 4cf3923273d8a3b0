/** Puts the pieces of streamed tool calls together, also where the server numbers or names them carelessly. */
import { randomUUID } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../core/json-object.js';

export interface AssembledCall {
  /** Ours: unique on the mesh, where servers count from `call_0` in each answer. */
  readonly callId: string;
  /** The server's own, by which it knows the result; ours where it gave none. */
  readonly upstreamId: string;
  readonly name: string;
  /** JSON text, as far as it has come. */
  input: string;
  /** What the server wants back with the call besides: Google's signatures of thoughts. */
  readonly extra?: JsonObject;
}

export interface CallPiece {
  readonly call: AssembledCall;
  readonly isNew: boolean;
  /** What was added to its input; may be empty. */
  readonly text: string;
}

/** The calls of one answer, in order. */
export class CallAssembly {
  readonly calls: AssembledCall[] = [];
  readonly #byIndex = new Map<unknown, AssembledCall>();

  /** Reads one entry of `delta.tool_calls`; undefined for one that says nothing. */
  add(entry: unknown): CallPiece | undefined {
    if (!isJsonObject(entry)) return undefined;
    const { index, id, extra_content: extra } = entry;
    const { name, arguments: input } = isJsonObject(entry['function']) ? entry['function'] : {};
    const text = typeof input === 'string' ? input : input == null ? '' : JSON.stringify(input);
    const open = this.#open(index, id, name);
    if (open !== undefined) {
      open.input += text;
      return { call: open, isNew: false, text };
    }
    if (typeof name !== 'string' || name === '') return undefined;
    const callId = `call_${randomUUID().replaceAll('-', '')}`;
    const upstreamId = typeof id === 'string' && id !== '' ? id : callId;
    const call: AssembledCall = {
      callId,
      upstreamId,
      name,
      input: text,
      ...(isJsonObject(extra) ? { extra } : {}),
    };
    this.calls.push(call);
    if (index != null) this.#byIndex.set(index, call);
    return { call, isNew: true, text };
  }

  /** The call that a piece goes on with. Some servers give each call index 0 and another id, some give no index. */
  #open(index: unknown, id: unknown, name: unknown): AssembledCall | undefined {
    const candidate = index == null ? this.calls.at(-1) : this.#byIndex.get(index);
    if (candidate === undefined) return undefined;
    const isNamed = typeof name === 'string' && name !== '';
    const isIdentified = typeof id === 'string' && id !== '';
    if (isIdentified) return id === candidate.upstreamId || !isNamed ? candidate : undefined;
    return index == null && isNamed ? undefined : candidate;
  }
}
