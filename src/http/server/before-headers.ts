/** The last moment at which an answer's headers can be set, whoever sends them. */
import { type IncomingMessage, ServerResponse } from 'node:http';

/**
 * What a listener answers with. A method that is put on each response of its own does the same, and keeps every response alive
 * until the whole heap is collected: V8 remembers it with the response's shape.
 */
export class BridgeResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  beforeHead: (() => void) | undefined = undefined;

  // Every form of Node's own; none of the arguments is looked at.
  override writeHead(...head: [statusCode: number]): this {
    const run = this.beforeHead;
    this.beforeHead = undefined;
    run?.();
    return super.writeHead(...head);
  }
}

/** Calls `run` right before the status and headers of `outgoing` are written: by Hono's adapter, a stream or Node itself. */
export function beforeHeaders(outgoing: ServerResponse, run: () => void): void {
  if (!(outgoing instanceof BridgeResponse))
    throw new TypeError('this answer comes from no listener of ours');
  outgoing.beforeHead = run;
}
