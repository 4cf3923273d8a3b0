/** What Ollama's routes answer with, besides what every surface is given. */
import type { SurfaceContext } from '../surface.js';
import type { LoadedModels } from './loaded-models.js';

export interface OllamaContext extends SurfaceContext {
  /** When every model changed last, as far as clients are told: when this surface began. RFC 3339. */
  readonly modifiedAt: string;
  readonly loaded: LoadedModels;
}
