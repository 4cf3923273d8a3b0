/** Reads a model's id from a path; ids hold `/` and `:`, and clients percent-encode them or do not. */
import { unknownModel } from './models/models.js';

const BEFORE_ID = /^(?:\/v1)?\/models\//;

/**
 * The id in `/v1/models/ID`, decoded once; one slash behind it is not part of it. Throws `model-not-found` where it is not
 * percent-encoded well.
 * @param pathname as it stands in the URL; Hono's own path is decoded in part already
 */
export function readModelId(pathname: string): string {
  const encoded = pathname.replace(BEFORE_ID, '').replace(/\/$/, '');
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    if (error instanceof URIError) throw unknownModel(encoded);
    throw error;
  }
}
