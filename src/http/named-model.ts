/** The model that a path names: `/v1/models/ID`, on every surface that has it. */
import type { Fault } from '../core/fault.js';
import { findModel } from '../core/find-model.js';
import { type Model, requireFound } from '../core/model.js';
import type { Mesh } from '../core/port.js';

const BEFORE_ID = /^.*?\/models\/+/;

/**
 * Ids hold `/` and `:`, and clients percent-encode them or do not. Decoded once; one slash behind it is not part of it. Throws what
 * `notFound` gives where it is not percent-encoded well.
 * @param pathname as it stands in the URL; Hono's own path is decoded in part already
 */
export function readModelId(pathname: string, notFound: (id: string) => Fault): string {
  const encoded = pathname.replace(BEFORE_ID, '').replace(/\/$/, '');
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    if (error instanceof URIError) throw notFound(encoded);
    throw error;
  }
}

/** Also one that is listed and not served. Throws what `notFound` gives, or `model-not-served` for what is not listed either. */
export function requireNamed(mesh: Mesh, id: string, notFound: (id: string) => Fault): Model {
  const known = findModel(mesh.models(), id);
  const model = known?.listed ? known : requireFound(mesh.findModel(id));
  if (model === undefined) throw notFound(id);
  return model;
}
