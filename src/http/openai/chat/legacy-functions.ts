/**
 * The `functions` and `function_call` that came before tools, read as tools (src/http/openai/README.md, "Chat requests").
 */
import { Fault } from '../../../core/fault.js';
import type { ChatBody } from './schema.js';

type Modern = Pick<ChatBody, 'tools' | 'tool_choice'>;
type Body = Modern & Pick<ChatBody, 'functions' | 'function_call'>;

/** True if the answer has to be in the old form, with one `function_call` in place of `tool_calls`. */
export function usesFunctions({ functions }: Pick<ChatBody, 'functions'>): boolean {
  return functions != null && functions.length > 0;
}

/** Throws `bad-request` where both forms are used at once. */
export function withoutFunctions(body: Body): Modern {
  const { functions, function_call: choice, tools, tool_choice } = body;
  if (functions == null || functions.length === 0) {
    if (choice != null && typeof choice !== 'string') throw functionsMissing();
    return { tools, tool_choice };
  }
  if (tools != null && tools.length > 0) throw bothForms();
  if (typeof choice === 'object' && choice !== null && !functions.some(({ name }) => name === choice.name)) {
    throw unknownFunction(choice.name);
  }
  return {
    tools: functions.map((each) => ({ type: 'function', function: each })),
    tool_choice:
      typeof choice === 'object' && choice !== null ? { type: 'function', function: choice } : choice,
  };
}

function functionsMissing(): Fault {
  const message =
    "Invalid value for 'function_call': 'function_call' is only allowed when 'functions' are specified.";
  return new Fault('bad-request', message, { param: 'function_call' });
}

function unknownFunction(name: string): Fault {
  const message = `Invalid value for 'function_call': no function named '${name}' was specified in 'functions'.`;
  return new Fault('bad-request', message, { param: 'function_call', reason: 'invalid_value' });
}

function bothForms(): Fault {
  const message = "Invalid 'functions': 'functions' and 'tools' cannot be used together. Use 'tools' alone.";
  return new Fault('bad-request', message, { param: 'functions', reason: 'invalid_value' });
}
