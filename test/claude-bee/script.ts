/** The mini language in which a prompt tells the simulated CLI what its model does: `@claude {"steps":[…]}`. */
import { z } from 'zod';
import { JsonScanner } from '../../src/core/json-scanner.js';

const MARK = '@claude ';

const call = z.strictObject({ name: z.string(), input: z.record(z.string(), z.unknown()).default({}) });

const order = {
  /** The `tool-call` is written ahead of the text before it in the same message. */
  overtakes: z.boolean().optional(),
  /** The `tool_executed` is written behind the next chunk. */
  executedLate: z.boolean().default(false),
};

const step = z.union([
  /** Streams text, `chunk` characters a delta, with a pause before each. */
  z.strictObject({
    text: z.string(),
    times: z.int().positive().default(1),
    chunk: z.int().positive().default(20),
    delayMs: z.number().nonnegative().default(0),
  }),
  z.strictObject({ think: z.string() }),
  /** Calls a tool of hum's MCP server by its plain name and waits for the result. */
  z.strictObject({ tool: call, ...order }),
  /** Several calls of one message: one after the other, as the CLI runs them, unless `concurrent`. */
  z.strictObject({ tools: z.array(call), concurrent: z.boolean().default(false), ...order }),
  /** Runs one of the CLI's own tools, which gives no tone. Nothing is really done. */
  z.strictObject({ builtin: call }),
  /** Text with the results of all calls so far. */
  z.strictObject({ say_results: z.literal(true) }),
  /** Ends the assistant's message and begins another. */
  z.strictObject({ message: z.literal(true) }),
  z.strictObject({ sleepMs: z.number().nonnegative() }),
  /** Waits until the test releases the name. */
  z.strictObject({ hold: z.string() }),
  z.strictObject({ hang: z.literal(true) }),
  /** The process leaves without a result. */
  z.strictObject({ exit: z.int(), stderr: z.string().optional() }),
  z.strictObject({ kill: z.literal(true) }),
  /** The model's API refuses, in these words. */
  z.strictObject({ error: z.string() }),
  /** Fields of the result event: `subtype`, `is_error`, `result`, `usage`. */
  z.strictObject({ result: z.record(z.string(), z.unknown()) }),
]);

const Script = z.strictObject({
  steps: z.array(step).default([]),
  /** Of the whole turn, in place of the sum over the model's calls. */
  usage: z.record(z.string(), z.unknown()).nullable().optional(),
});

export type Step = z.output<typeof step>;
export type Call = z.output<typeof call>;
export type CallStep = Extract<Step, { tool: unknown } | { tools: unknown }>;
export type Script = z.output<typeof Script>;

export function isCallStep(step: Step): step is CallStep {
  return 'tool' in step || 'tools' in step;
}

/** Steps as a test writes them. */
export type StepInput = z.input<typeof step>;

/** A message that makes the model do these steps. */
export function claude(...steps: readonly StepInput[]): string {
  return MARK + JSON.stringify({ steps });
}

/** The script of a message, undefined where it has none. One that cannot be read becomes a text that says so. */
export function readScript(message: string): Script | undefined {
  const at = message.lastIndexOf(MARK);
  if (at === -1) return undefined;
  const json = message.slice(at + MARK.length).trimStart();
  try {
    return Script.parse(JSON.parse(json.slice(0, new JsonScanner().scan(json))));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return Script.parse({ steps: [{ text: `(bad script: ${reason})` }] });
  }
}

/** What a prompt's text, which may be the transcript of a whole conversation, says last. */
export interface ReadPrompt {
  /** The last message of the user. */
  readonly message: string;
  /** The tool results behind it: a model does not call again what stands there. */
  readonly results: readonly string[];
}

const USER_TURN = '\n<turn role="user">\n';
const TURN_END = '\n</turn>\n';
const TOOL_RESULT = /<turn role="tool"[^>]*>\n(?:(.*?)\n)?<\/turn>/gs;
/** A `<turn` in somebody's text carries one more backslash in a transcript than it was written with. */
const ESCAPED_TURN = /<\\(?=\\*\/?\s*turn)/gi;

export function readPrompt(text: string): ReadPrompt {
  const end = text.lastIndexOf(TURN_END);
  if (end === -1) return { message: text, results: [] };
  const after = text.slice(end + TURN_END.length).trimStart();
  if (after !== '') return { message: unescapeTurns(after), results: [] };
  const start = text.lastIndexOf(USER_TURN);
  if (start === -1) return { message: '', results: [] };
  const close = text.indexOf(TURN_END, start);
  return {
    message: unescapeTurns(text.slice(start + USER_TURN.length, close)),
    results: [...text.slice(close).matchAll(TOOL_RESULT)].map(([, result = '']) => unescapeTurns(result)),
  };
}

function unescapeTurns(text: string): string {
  return text.replace(ESCAPED_TURN, '<');
}
