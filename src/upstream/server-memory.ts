/** What is known of one server and of the conversations with it, which outlives the worker that found it out. */
import { CallMemory } from './call-memory.js';
import { HabitsByModel } from './model-habits.js';

export class ServerMemory {
  readonly habits = new HabitsByModel();
  /** The calls that its models made. */
  readonly calls = new CallMemory();
}

const MAX_SERVERS = 64;

/** One for each server that this process has asked, by its address. */
export class ServerMemories {
  readonly #memories = new Map<string, ServerMemory>();

  of(base: string): ServerMemory {
    const known = this.#memories.get(base);
    if (known !== undefined) return known;
    const [oldest] = this.#memories.keys();
    if (oldest !== undefined && this.#memories.size >= MAX_SERVERS) this.#memories.delete(oldest);
    const made = new ServerMemory();
    this.#memories.set(base, made);
    return made;
  }
}
