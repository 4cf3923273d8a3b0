/** Work that can be done here and now, or by a thread. */

export interface Task<Input, Output> {
  /** Where a thread finds `run`: the module that exports it, and under which name. */
  readonly module: string;
  readonly name: string;
  readonly run: (input: Input) => Output;
}

/**
 * @param module `import.meta.url` of the module that exports `run`
 * @param name the name that it exports it under
 * @param run pure; takes and returns what can be copied between threads: JSON-like values, bytes and maps
 */
export function defineTask<Input, Output>(
  module: string,
  name: string,
  run: (input: Input) => Output,
): Task<Input, Output> {
  return { module, name, run };
}
