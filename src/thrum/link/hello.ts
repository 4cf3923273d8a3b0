/** The tone with which the bridge introduces itself after every dial. */
import { CHIS, PROTOCOL_VERSION } from './protocol.js';

/** A tool as a hello lists it. */
export interface DeclaredTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/** Who this bee is; the same over all reconnects. */
export interface Introduction {
  /** The hive's kind: `ollama-server`. */
  readonly hive: string;
  readonly hid: string;
  /** Our own version. */
  readonly version: string;
  /** `ollama/api` or `openai/chat-completions`. */
  readonly wire: string;
  readonly provides: readonly string[];
  /** The address that is really bound. */
  /**
   * Tools that are offered to every prompt on the mesh, so that humd routes their results
   * (src/thrum/README.md, "Tool results").
   */
  readonly tools: readonly DeclaredTool[];
  readonly bind: { readonly host: string; readonly port: number };
  /** Repository URL. */
  readonly source: string;
  /** Tells processes apart that share a hid; absent where there is only one. */
  readonly nestlerId?: string | undefined;
}

/** The hello tone (src/thrum/README.md, "Handshake"). */
export function toHelloTone(introduction: Introduction, rid: string): Readonly<Record<string, unknown>> {
  const { hive, hid, version, wire, provides, tools, bind, source, nestlerId } = introduction;
  return {
    chi: 'hello',
    rid,
    from: hive,
    hid,
    bee: ['forager'],
    hive,
    version,
    protoVersion: PROTOCOL_VERSION,
    propensity: { statefulness: 'convention-stateful', richness: 'medium', wire },
    chis: CHIS,
    ...(provides.length > 0 ? { provides } : {}),
    ...(tools.length > 0 ? { tools } : {}),
    bind: { ...bind, scheme: 'http' },
    source,
    ...(nestlerId === undefined ? {} : { nestlerId }),
  };
}
