/** Answers calls of tools that our hello declared and that no client here waits for. */
import type { Tone } from '../link/tone-codec.js';
import type { Session } from '../turn/session.js';

/**
 * A tool in a hello is offered to every prompt on the mesh, so its calls also come under other bees' sids, and under ours
 * for requests that did not bring the tool (src/thrum/README.md, "Tool results"). Each is refused at once: its worker would
 * wait for 300 s.
 */
export class StrayCalls {
  readonly #declared: ReadonlySet<string>;
  readonly #createRid: () => string;
  readonly #send: (tone: Readonly<Record<string, unknown>>) => void;

  /** @param declared names of the tools in our hello */
  constructor(
    declared: ReadonlySet<string>,
    createRid: () => string,
    send: (tone: Readonly<Record<string, unknown>>) => void,
  ) {
    this.#declared = declared;
    this.#createRid = createRid;
    this.#send = send;
  }

  /** Refuses the call if it is one; false: it is not, and is to be read as usual. `session` is that of its sid, if ours. */
  refuse(tone: Tone, session: Session | undefined): boolean {
    const name = tone['toolName'] ?? tone['name'];
    if (typeof name !== 'string' || !this.#declared.has(name)) return false;
    if (session?.declares(name)) return false;
    const output = `no client that offers the tool '${name}' is waiting for this call`;
    const { sid, callId } = tone;
    this.#send({
      chi: 'tool-result',
      rid: this.#createRid(),
      sid,
      callId,
      toolName: name,
      result: output,
      output,
      isError: true,
    });
    return true;
  }
}
