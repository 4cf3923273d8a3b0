/** What a client says of the schema of its answer, in a chat and in the Responses API. */
import type { JsonObject } from '../../core/json-object.js';
import type { FormatDescription } from '../../core/request.js';

/** Only what is of its type: a server that is told otherwise refuses all of the request. */
export function toFormatDescription({ name, description, strict }: JsonObject): FormatDescription {
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(typeof strict === 'boolean' ? { strict } : {}),
  };
}
