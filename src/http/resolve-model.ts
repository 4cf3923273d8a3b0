/** Looks up the model of a request, and says in a header which one answers. */
import type { Context } from 'hono';
import type { ModelLookup, Respelling } from '../core/model.js';
import type { Mesh } from '../core/port.js';
import { clientGone } from './caller.js';
import type { HttpEnv } from './surface.js';

/** Holds the name by which hum knows the model that answers, where that is not the name that the client wrote. */
export const MODEL_HEADER = 'x-hum-model';

const PRINTABLE = /^[\x21-\x7e]+$/;

/** As `Mesh.resolveModel`; the header goes out with the answer. */
export async function resolveModel(
  c: Context<HttpEnv>,
  mesh: Mesh,
  asked: string,
  respell?: Respelling,
): Promise<ModelLookup> {
  const found = await mesh.resolveModel(asked, clientGone(c), respell);
  if (found !== undefined && 'target' in found && found.target !== asked && !c.env.outgoing.headersSent)
    c.env.outgoing.setHeader(MODEL_HEADER, toHeaderValue(found.target));
  return found;
}

/** A name that a header cannot hold is percent-encoded. */
function toHeaderValue(name: string): string {
  return PRINTABLE.test(name) ? name : encodeURIComponent(name.toWellFormed());
}
