/** What the event loop and a thread say to each other. A thread has one call at a time. */
import type { FaultFacts } from '../core/fault-facts.js';
import type { Step } from './pieces.js';

export type ToThread =
  /** A part of the input. */
  | { readonly type: 'input'; readonly steps: readonly Step[] }
  /** The input is whole: call the export `name` of the module at `module`. */
  | { readonly type: 'call'; readonly module: string; readonly name: string }
  /** The last part of the output has been taken: the next may come. */
  | { readonly type: 'next' };

export type FromThread =
  | { readonly type: 'output'; readonly steps: readonly Step[] }
  /** The output is whole. */
  | { readonly type: 'done' }
  /** What the call threw, if it is one of our faults. */
  | { readonly type: 'fault'; readonly facts: FaultFacts }
  /** Anything else that it threw. */
  | { readonly type: 'mistake'; readonly name: string; readonly stack: string };
