/** Tells the list of loaded models that one is in use. */
import type { Model } from '../../core/model.js';
import type { OllamaContext } from './context.js';

/** `model` counts as loaded while `answer` runs and for `keepAliveMs` after it. */
export async function whileLoaded<Answer>(
  { loaded }: OllamaContext,
  model: Model | undefined,
  keepAliveMs: number | undefined,
  answer: () => Promise<Answer>,
): Promise<Answer> {
  const release = model && loaded.use(model, keepAliveMs);
  try {
    return await answer();
  } finally {
    release?.();
  }
}
