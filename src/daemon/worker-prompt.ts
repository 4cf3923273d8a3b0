/** What humd adds to a prompt on its way to the worker. */
import type { Tone } from '../thrum/link/tone-codec.js';
import type { Manifest } from './manifest.js';

const DEFAULT_CWD = '/';

/**
 * The prompt as its worker gets it: `cwd` always, `content` from `text`, the tools (`foragerTools`) and capabilities
 * (`provided`) of all foragers, and `disallowedTools` sorted. What would be an empty list is left out, as humd does.
 */
export function toWorkerPrompt(prompt: Tone, manifests: Iterable<Manifest>): Tone {
  const foragers = [...manifests].filter(({ bee }) => bee.includes('forager'));
  const foragerTools = foragers.flatMap(({ tools }) => tools ?? []);
  const provided = sortedUnique(foragers.flatMap(({ provides }) => provides ?? []));
  const disallowed: unknown = prompt['disallowedTools'];
  const disallowedTools = Array.isArray(disallowed)
    ? sortedUnique(disallowed.filter((name) => typeof name === 'string'))
    : [];
  const content = prompt['content'] ?? prompt['text'];
  return {
    ...prompt,
    cwd: prompt['cwd'] ?? DEFAULT_CWD,
    ...(content != null && { content }),
    ...(foragerTools.length > 0 && { foragerTools }),
    ...(provided.length > 0 && { provided }),
    ...(disallowedTools.length > 0 && { disallowedTools }),
  };
}

function sortedUnique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
