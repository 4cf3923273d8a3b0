/** A conversation whose one tool makes embeddings as the test wants them. */
import type { Fault } from '../../../../src/core/fault.js';
import { ScriptedConversation } from '../scripted-bridge.js';

export interface ToolCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** Answers with what `make` makes of the inputs. */
export class EmbeddingConversation extends ScriptedConversation {
  readonly called: ToolCall[] = [];
  readonly #make: (input: readonly unknown[]) => unknown;

  constructor(make: (input: readonly unknown[]) => unknown) {
    super([]);
    this.#make = make;
  }

  override async callTool(
    name: string,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<unknown> {
    this.called.push({ name, args, signal });
    return this.#make(Array.isArray(args['input']) ? args['input'] : []);
  }
}

export function throwing(fault: Fault): () => never {
  return () => {
    throw fault;
  };
}
