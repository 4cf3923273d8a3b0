/** The `template` of a card. Prompts are made elsewhere; clients look for words in it (src/http/README.md, "Models"). */
import type { Capability } from '../../core/model.js';

const TOOLS = '{{ if .Tools }}You may call these tools:\n{{ range .Tools }}{{ . }}\n{{ end }}{{ end }}';
const MESSAGES = '{{ range .Messages }}<turn role="{{ .Role }}">\n{{ .Content }}\n</turn>\n{{ end }}';

/** Names tools only where the model calls some, and `.Suffix` only where it fills in the middle. */
export function toShownTemplate(capabilities: readonly Capability[]): string {
  const system = '{{ if .System }}{{ .System }}\n{{ end }}';
  const tools = capabilities.includes('tools') ? TOOLS : '';
  const conversation = system + tools + MESSAGES;
  if (!capabilities.includes('insert')) return conversation;
  return `{{ if .Suffix }}{{ .Prompt }}{{ .Suffix }}{{ else }}${conversation}{{ end }}`;
}
