/** The last moment at which an answer's headers can be set, whoever sends them. */
import type { ServerResponse } from 'node:http';

/** Calls `run` right before the status and headers of `outgoing` are written: by Hono's adapter, a stream or Node itself. */
export function beforeHeaders(outgoing: ServerResponse, run: () => void): void {
  const writeHead = outgoing.writeHead;
  outgoing.writeHead = (...head: readonly unknown[]) => {
    run();
    return Reflect.apply(writeHead, outgoing, head);
  };
}
