/** What a history's item of a hosted tool (local_shell_call, apply_patch_call_output, …) says to a model that has no such tool. */
import type { ToolCall } from '../../../core/request.js';

export type HostedStep =
  | { readonly type: 'call'; readonly call: ToolCall & { readonly id: string } }
  | { readonly type: 'result'; readonly callId: string; readonly output: string };

/** Facts about the item that are not what was asked of the tool. */
const ENVELOPE = new Set(['type', 'id', 'call_id', 'status']);

/**
 * Items with a `call_id` are calls, and outputs that belong to them. All others (searches, compactions, approvals, kinds
 * that are still to come) were between the client and another server: undefined.
 */
export function toHostedStep(item: Readonly<Record<string, unknown>>): HostedStep | undefined {
  const { type, call_id: callId } = item;
  if (typeof type !== 'string' || typeof callId !== 'string' || callId === '') return undefined;
  if (type.endsWith('_output')) return { type: 'result', callId, output: toText(item['output'] ?? '') };
  if (!type.endsWith('_call')) return undefined;
  const asked = Object.entries(item).filter(([key]) => !ENVELOPE.has(key));
  const name = type.slice(0, -'_call'.length);
  const input = JSON.stringify(Object.fromEntries(asked));
  return { type: 'call', call: { id: callId, name, input } };
}

function toText(output: unknown): string {
  return typeof output === 'string' ? output : JSON.stringify(output);
}
