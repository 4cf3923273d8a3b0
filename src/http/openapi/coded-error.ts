/** The errors of what is not one of the imitated APIs, as the OpenAPI document tells them: `{"error":{"code","message"}}`. */
import { z } from 'zod';
import type { Shape } from '../route-docs.js';

export const CODED_ERROR: Shape = {
  name: 'CodedError',
  schema: z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
};
