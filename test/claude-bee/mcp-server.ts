/** The MCP server in hum's worker: one tool catalogue for all its processes, and the calls that wait for results. */
import type { Tone } from '../../src/thrum/link/tone-codec.js';

export interface McpTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: object;
}

export interface McpAnswer {
  readonly text: string;
  readonly isError: boolean;
}

export interface McpCall {
  readonly sid: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Gets the `tool_executed` chunk; it goes out at once without this. */
  readonly report?: ((tone: Tone) => void) | undefined;
  /** Told the id of the call before its tone goes out. */
  readonly onCall: (callId: string) => void;
  /** False once the process that called is gone: what comes back then is swallowed. */
  readonly isWaiting: () => boolean;
}

/** What hum takes for the file system's tools, whatever their case. */
const FS_TOOLS = new Set(['read', 'write', 'edit', 'multiedit', 'glob', 'grep', 'bash']);
const URL_SAFE = /^[\x21-\x7e]+$/;

export class McpServer {
  #tools: readonly McpTool[] = [];
  #calls = 0;
  readonly #pending = new Map<string, (result: Tone) => void>();
  readonly #write: (tone: Tone) => void;
  readonly #parkedMs: () => number;

  /** @param parkedMs how long a call waits for its result */
  constructor(write: (tone: Tone) => void, parkedMs: () => number) {
    this.#write = write;
    this.#parkedMs = parkedMs;
  }

  /** A prompt that brings any tool replaces the catalogue of all; one that brings none leaves it. */
  takePrompt(prompt: Tone): void {
    const foragerTools = toTools(prompt['foragerTools']);
    const promptTools = toTools(prompt['tools']);
    if (foragerTools.length === 0 && promptTools.length === 0) return;
    const provided: unknown = prompt['provided'];
    const hasFs = Array.isArray(provided) && provided.includes('fs');
    const kept = promptTools.filter(({ name }) => !hasFs || !FS_TOOLS.has(name.toLowerCase()));
    this.#tools = [...foragerTools, ...kept];
  }

  /** The catalogue as it is now, whoever asks; undefined where the client refuses the list or cannot ask for it. */
  list(sid: string): readonly McpTool[] | undefined {
    if (toUrlSid(sid) === undefined) return undefined;
    const areObjects = this.#tools.every(
      ({ inputSchema }) => 'type' in inputSchema && inputSchema.type === 'object',
    );
    return areObjects ? this.#tools : undefined;
  }

  /** Resolves with the result, or with an error when none came in time. */
  call({ sid, name, args, report = this.#write, onCall, isWaiting }: McpCall): Promise<McpAnswer> {
    const callId = `call-${Date.now().toString(36)}-${(this.#calls++).toString(36)}`;
    const urlSid = toUrlSid(sid) ?? sid;
    onCall(callId);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#pending.delete(callId);
        resolve({ text: `MCP error tool-result for callId ${callId} timed out`, isError: true });
      }, this.#parkedMs());
      timer.unref();
      this.#pending.set(callId, (result) => {
        clearTimeout(timer);
        if (!isWaiting()) return;
        const answer = toAnswer(result);
        report({
          chi: 'chunk',
          sid: urlSid,
          chunkType: 'tool_executed',
          callId,
          toolName: name,
          arguments: args,
          output: answer.text,
          isError: answer.isError,
        });
        resolve(answer);
      });
      this.#write({ chi: 'tool-call', sid: urlSid, callId, toolName: name, name, args });
    });
  }

  /** Looks at the `callId` alone. False when no call waits under it. */
  resolve(result: Tone): boolean {
    const callId: unknown = result['callId'];
    const take = typeof callId === 'string' ? this.#pending.get(callId) : undefined;
    if (typeof callId === 'string') this.#pending.delete(callId);
    take?.(result);
    return take !== undefined;
  }
}

/** The sid stands in the server's URL as it is: some break the URL, others are cut or decoded on the way. */
function toUrlSid(sid: string): string | undefined {
  const [path = ''] = sid.split(/[?#]/, 1);
  if (!URL_SAFE.test(path) || path.includes('/')) return undefined;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** A tool without a usable schema gets an empty one; a schema that is any object is handed on as it is. */
function toTools(value: unknown): McpTool[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((tool: unknown) => {
    if (!isObject(tool) || typeof tool['name'] !== 'string') return [];
    const schema = 'inputSchema' in tool ? tool['inputSchema'] : tool['parameters'];
    const description = typeof tool['description'] === 'string' ? tool['description'] : '';
    const inputSchema = isObject(schema) ? schema : { type: 'object', properties: {} };
    return [{ name: tool['name'], description, inputSchema }];
  });
}

/** The first of three fields that is there counts, even if it is no text. */
function toAnswer(result: Tone): McpAnswer {
  const field = ['output', 'result', 'content'].find((name) => name in result);
  const output: unknown = field === undefined ? undefined : result[field];
  const text = typeof output === 'string' && output !== '' ? output : '(no output)';
  return { text, isError: result['isError'] === true };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
