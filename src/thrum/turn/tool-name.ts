/** Finds which of a request's tools a worker means. */

const NAMESPACE = 'mcp__';
const SEPARATOR = '__';

/**
 * The declared tool behind `name`, or undefined where it is none of the client's business. MCP-namespaced names,
 * `mcp__<server>__<name>`, stand for `<name>` (src/thrum/README.md, "Tool names"); both parts may hold underscores.
 */
export function declaredName(name: string, declared: ReadonlySet<string>): string | undefined {
  if (declared.has(name)) return name;
  if (!name.startsWith(NAMESPACE)) return undefined;
  let at = name.indexOf(SEPARATOR, NAMESPACE.length);
  for (; at !== -1; at = name.indexOf(SEPARATOR, at + 1)) {
    const plain = name.slice(at + SEPARATOR.length);
    if (declared.has(plain)) return plain;
  }
  return undefined;
}
