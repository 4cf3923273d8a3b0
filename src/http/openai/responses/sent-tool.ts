/** A tool as the client wrote it, never as hum gets it. */
import type { ResponsesTool } from './tool-schema.js';

export function asSent(tool: ResponsesTool): object {
  if (tool.type === 'hosted') return tool.tool;
  if (tool.type === 'namespace') return { ...tool, tools: tool.tools.map(asSent) };
  return tool;
}
