/** What humd adds to a prompt on its way to the worker. */
import { homedir } from 'node:os';
import type { Tone } from '../thrum/link/tone-codec.js';
import type { Manifest } from './manifest.js';

/** What a capability stands for: a prompt is denied the worker's own tools where somebody provides the same. */
const TOOLS_BY_CAPABILITY: ReadonlyMap<string, readonly string[]> = new Map([
  ['fs', ['Bash', 'Edit', 'Glob', 'Grep', 'MultiEdit', 'Read', 'Write']],
]);

/**
 * The prompt as its worker gets it: `cwd` always, `content` from `text`, the tools (`foragerTools`) and capabilities
 * (`provided`) of all foragers in place of the prompt's own, and `disallowedTools` sorted, with what the capabilities stand
 * for. What would be an empty list is left as it is; all other fields pass.
 */
export function toWorkerPrompt(prompt: Tone, manifests: readonly Manifest[]): Tone {
  const foragers = manifests.filter(({ bee }) => bee.includes('forager'));
  const foragerTools = foragers.flatMap(({ tools }) => tools ?? []);
  const provided = sortedUnique(foragers.flatMap(({ provides }) => provides ?? []));
  const disallowed: unknown = prompt['disallowedTools'];
  const disallowedTools = sortedUnique([
    ...(Array.isArray(disallowed) ? disallowed.filter((name) => typeof name === 'string') : []),
    ...provided.flatMap((capability) => TOOLS_BY_CAPABILITY.get(capability) ?? []),
  ]);
  const { text }: Tone = prompt;
  return {
    ...prompt,
    // An explicit null counts as given.
    ...(prompt['cwd'] === undefined && { cwd: homedir() }),
    ...(prompt['content'] === undefined && typeof text === 'string' && text !== '' && { content: text }),
    ...(foragerTools.length > 0 && { foragerTools }),
    ...(provided.length > 0 && { provided }),
    ...(disallowedTools.length > 0 && { disallowedTools }),
  };
}

function sortedUnique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
