/** A tool that the configuration wants in our hello. */
import { z } from 'zod';

const declaredTool = z.strictObject({
  name: z.string().regex(/\S/),
  description: z.string().default(''),
  inputSchema: z.record(z.string(), z.unknown()).default({ type: 'object', properties: {} }),
});

export const declaredTools = z.array(declaredTool).readonly();
