/**
 * Where a thread finds a module. A thread cannot load TypeScript, and the tests run the sources: there the module that was
 * built from the same source is meant, which is why the tests build first.
 */

const HERE = import.meta.url;
const IS_SOURCE = HERE.endsWith('.ts');
const SOURCES = new URL('../', HERE).href;
const BUILT = new URL('../../dist/', HERE).href;

/** The address that a thread may import for `module`, the `import.meta.url` of one of ours. Others stay as they are. */
export function compiledModule(module: string): string {
  if (!IS_SOURCE || !module.startsWith(SOURCES)) return module;
  return BUILT + module.slice(SOURCES.length).replace(/\.ts$/, '.js');
}
