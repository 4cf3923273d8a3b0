/** Ollama's tool definitions as the tools that a client offers. */
import type { Tool } from '../../core/request.js';
import type { ChatTool } from './schema.js';

const NO_PARAMETERS = { type: 'object', properties: {} };

/** A definition without a name can never be called and is left out: workers refuse the whole list for one such entry. */
export function toTools(tools: readonly (ChatTool | null | undefined)[] | null | undefined): readonly Tool[] {
  return (tools ?? []).flatMap((tool) => {
    const definition = tool?.function;
    if (!definition?.name) return [];
    return [
      {
        name: definition.name,
        ...(definition.description ? { description: definition.description } : {}),
        inputSchema: toInputSchema(definition.parameters),
      },
    ];
  });
}

/** Go's clients write `null` for what they leave unset (`properties`, `required`); JSON Schema knows no such thing. */
function toInputSchema(
  parameters: Readonly<Record<string, unknown>> | null | undefined,
): Tool['inputSchema'] {
  if (parameters == null) return NO_PARAMETERS;
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null));
}
