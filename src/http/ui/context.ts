/** What the routes under `/ui` answer with. */
import type { BridgeStatus } from '../../observe/status.js';
import type { OpenStreams } from '../answer/open-streams.js';

/** One line on the wire to or from humd. */
export interface WatchedTone {
  readonly direction: 'sent' | 'received';
  /** RFC 3339, in UTC. */
  readonly at: string;
  readonly line: string;
}

/** The tones of one request as they go by, until it is closed. */
export interface WatchedTones extends AsyncIterable<readonly WatchedTone[]> {
  close(): void;
}

/** What the figures are read from. */
export interface OperatorView {
  /** How the bridge is doing now. */
  status(): Promise<BridgeStatus>;
  /** The same and more for Prometheus. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface UiContext extends OperatorView {
  readonly tones: {
    /** Of a request that is still to come, with the same key. Throws `bad-request` or `busy`. */
    watch(requestId: string, keyId: string | undefined): WatchedTones;
  };
  readonly streams: OpenStreams;
}
