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

// A thread cannot load TypeScript, and the tests run the sources: there a task's module is the one that was built from the same
// source, which is why the tests build first.
const HERE = import.meta.url;
const IS_SOURCE = HERE.endsWith('.ts');
const SOURCES = new URL('../', HERE).href;
const BUILT = new URL('../../dist/', HERE).href;

/** The address that a thread may import for `module`, the `import.meta.url` of one of ours. Others stay as they are. */
export function compiledModule(module: string): string {
  if (!IS_SOURCE || !module.startsWith(SOURCES)) return module;
  return BUILT + module.slice(SOURCES.length).replace(/\.ts$/, '.js');
}
