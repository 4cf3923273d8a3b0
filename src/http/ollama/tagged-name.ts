/** Ollama's names always carry a tag. */

/** `claude-sonnet-4` as `claude-sonnet-4:latest`; a name with a tag stays as it is. A `:` before a `/` is a port. */
export function withTag(name: string): string {
  return name.lastIndexOf(':') > name.lastIndexOf('/') ? name : `${name}:latest`;
}
