/** What the people who run a bridge get to know of its requests. */
import type { Fault } from '../core/fault.js';
import type { Caller } from '../core/request.js';

/** Nothing that a watcher does may throw or wait. */
export interface RequestWatcher {
  /** A request ended in `fault`. Told once for each answer that is an error. */
  failed(fault: Fault, request: FailedRequest): void;
  /** The answer to a request is out, or its client is gone. */
  answered(answer: AnsweredRequest): void;
}

export interface FailedRequest {
  readonly requestId: string;
  readonly surface: string;
  /** Of the turn that it asked for; undefined if it did not come that far. */
  readonly caller: Caller | undefined;
}

export interface AnsweredRequest {
  readonly method: string;
  /** As the surface has it, `/v1/models/:id`; undefined for a path that no surface has. Never the client's own words. */
  readonly route: string | undefined;
  readonly status: number;
}
