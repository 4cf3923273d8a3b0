/** Why there is no link to a humd, and what to do about it in words. */
import type { SocketRisk } from './socket-risks.js';

export type DialFailure =
  /** Nobody listens there. */
  | { readonly kind: 'absent'; readonly reason: string }
  /** The connection was taken, and the hello never answered. */
  | { readonly kind: 'mute' }
  /** The connection was taken and closed without a word. */
  | { readonly kind: 'closed' }
  /** It spoke, and closed the connection after the hello, or said no to it. */
  | {
      readonly kind: 'refused';
      readonly theirVersion: string | undefined;
      readonly reason: string | undefined;
    }
  /** The link was up and broke within moments. */
  | { readonly kind: 'unstable' }
  /** The socket is not to be trusted, and the configuration says not to dial it then. */
  | { readonly kind: 'untrusted'; readonly risk: SocketRisk };

/** True if another try costs nobody anything: it meets no humd that would have to greet and forget a bee each time. */
export function isCheap({ kind }: DialFailure): boolean {
  return kind === 'absent' || kind === 'untrusted';
}

/** One sentence for a client and for the log. Names the socket, as only the machine's own users can do something about it. */
export function describeFailure(failure: DialFailure, socket: string, ourVersion: string): string {
  switch (failure.kind) {
    case 'absent':
      return `humd does not answer at ${socket}: start it, or run the bridge with --nest embedded`;
    case 'mute':
      return `humd at ${socket} takes connections but does not answer the hello: is it stopped or overloaded?`;
    case 'closed':
      return `humd at ${socket} closes each connection at once`;
    case 'refused': {
      const spoken = `does it speak thrum ${ourVersion.split('.')[0]}.x?`;
      if (failure.reason !== undefined)
        return `humd at ${socket} refused the hello (${failure.reason}): ${spoken}`;
      const theirs = failure.theirVersion === undefined ? '' : ` It says ${failure.theirVersion}.`;
      return `humd at ${socket} closed the connection after the hello: ${spoken}${theirs}`;
    }
    case 'unstable':
      return `the link to humd at ${socket} keeps breaking`;
    case 'untrusted':
      return `the socket ${socket} is not dialled, as ${failure.risk}: make it one that only you can write, or set socketCheck to warn`;
    default:
      return failure satisfies never;
  }
}
