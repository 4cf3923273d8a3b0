/** The one error class of the product: a closed list of codes, rendered once per HTTP surface. */

/** Why a request cannot be answered. Each surface says which status and words a code gets. */
export type FaultCode =
  /** The body is not what the route takes. */
  | 'bad-request'
  | 'unauthorized'
  /** The request comes from somewhere that may not use this server. */
  | 'forbidden'
  /** The body is one that can be read, and the server of the model does not take what it says. */
  | 'unprocessable'
  | 'not-found'
  | 'method-not-allowed'
  | 'model-not-found'
  /** The model is known, and no worker serves it now; worth another try when one is back. */
  | 'model-not-served'
  /** The conversation is longer than the model can read. */
  | 'context-too-long'
  | 'body-too-large'
  /** The request's body did not come in time. */
  | 'body-timeout'
  /** No humd to talk to; worth another try in a moment. */
  | 'link-down'
  /** The bridge is stopping. */
  | 'shutting-down'
  /** The socket broke while the turn ran. */
  | 'link-lost'
  /** Too much work waits here already; worth another try in a moment. */
  | 'busy'
  /** humd read the prompt from the socket and did not answer it. */
  | 'prompt-lost'
  /** Output is missing in the middle of the answer. */
  | 'output-lost'
  /** The worker reported an error. */
  | 'worker-error'
  /** The answer is not the JSON that was asked for. */
  | 'invalid-answer'
  /** A tool of the mesh reported an error. */
  | 'tool-failed'
  /** Neither the bridge nor the mesh does what was asked for. */
  | 'not-offered'
  | 'payment-required'
  | 'budget-refused'
  /** The folder that the configuration has workers work in is not there. */
  | 'folder-missing'
  /** More requests in a minute than this caller may make. */
  | 'rate-limited'
  /** The account behind the worker may not ask its model for more until some time has passed. */
  | 'limit-reached'
  /** The model's API has too much to do. */
  | 'overloaded'
  /** The worker may not use its model: it is not logged in, or its credentials are refused. For the operator to put right. */
  | 'no-access'
  /** The server that the worker asks is not there. For the operator to put right; worth another try in a moment. */
  | 'unreachable'
  /** No sign of life from the worker for `turnTimeoutMs`. */
  | 'timeout'
  /** The client reads more slowly than the model writes, past the buffer's limit. */
  | 'client-too-slow'
  /** The client went away before its answer was whole: never logged or counted as an error. */
  | 'client-left'
  /** A mistake of ours. */
  | 'internal';

export interface FaultDetails {
  /** The request field at fault, as the surface spells it: `messages[0].role`. */
  readonly param?: string;
  /** The surface's own error code where it has one: OpenAI's `invalid_type`. */
  readonly reason?: string;
  /** When to try again, in whole seconds. */
  readonly retryAfterSeconds?: number;
  /** True once a worker may have been asked: another try would run, and charge, the prompt again. */
  readonly afterPrompt?: boolean;
  /** The methods that the route does take, for `method-not-allowed`. */
  readonly allow?: readonly string[];
  /** By how much a conversation is too long, where the model's API has counted it. */
  readonly excess?: Excess;
  readonly cause?: unknown;
}

/** In tokens. */
export interface Excess {
  readonly tokens: number;
  readonly limit: number;
}

/** A fault as plain data, which can be copied to another thread; its cause stays behind. */
export interface FaultFacts {
  readonly code: FaultCode;
  readonly message: string;
  readonly details: Omit<FaultDetails, 'cause'>;
}

/** Thrown before a turn begins, delivered as a `fault` event within one. `message` is fit for a client: no prompt text. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly param: string | undefined;
  readonly reason: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly afterPrompt: boolean;
  readonly allow: readonly string[] | undefined;
  readonly excess: Excess | undefined;

  constructor(code: FaultCode, message: string, details: FaultDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Fault';
    this.code = code;
    this.param = details.param;
    this.reason = details.reason;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.afterPrompt = details.afterPrompt ?? false;
    this.allow = details.allow;
    this.excess = details.excess;
  }

  /** The same fault with other details besides. */
  with(details: FaultDetails): Fault {
    return new Fault(this.code, this.message, { ...this.toFacts().details, cause: this.cause, ...details });
  }

  toFacts(): FaultFacts {
    const { code, message, param, reason, retryAfterSeconds, afterPrompt, allow, excess } = this;
    return {
      code,
      message,
      details: {
        afterPrompt,
        ...(param === undefined ? {} : { param }),
        ...(reason === undefined ? {} : { reason }),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        ...(allow === undefined ? {} : { allow }),
        ...(excess === undefined ? {} : { excess }),
      },
    };
  }

  static fromFacts({ code, message, details }: FaultFacts): Fault {
    return new Fault(code, message, details);
  }

  /** Any thrown value as a fault; what is not one already is a mistake of ours. */
  static from(error: unknown): Fault {
    if (error instanceof Fault) return error;
    return new Fault('internal', 'the bridge made a mistake while answering; its log has the details', {
      cause: error,
    });
  }
}

/**
 * True for a fault by which the model's API has not run the prompt: as long as nothing of an answer was given, another try costs
 * nothing twice.
 */
export function isRefusalToRun({ code }: Fault): boolean {
  return (
    code === 'model-not-served' ||
    code === 'limit-reached' ||
    code === 'overloaded' ||
    code === 'no-access' ||
    code === 'unreachable'
  );
}
