/**
 * A call for the client to run: it comes whole, so its item opens and closes at once
 * (src/http/openai/README.md, "Order of response events").
 */
import type { EventSink } from './event-sink.js';
import type { CustomToolCallItem, FunctionCallItem, ItemStatus } from './output-item.js';
import type { CalledTool } from './tool-names.js';

export interface CallPlace {
  readonly id: string;
  readonly callId: string;
  readonly outputIndex: number;
}

export function writeCall(
  sink: EventSink,
  called: CalledTool,
  place: CallPlace,
): FunctionCallItem | CustomToolCallItem {
  const { name, input } = called;
  const address = { item_id: place.id, output_index: place.outputIndex };
  sink.event('response.output_item.added', {
    output_index: place.outputIndex,
    item: toItem(called, place, 'in_progress', ''),
  });
  if (called.kind === 'custom') {
    sink.deltas('response.custom_tool_call_input.delta', address)(input);
    sink.event('response.custom_tool_call_input.done', { ...address, input });
  } else {
    sink.deltas('response.function_call_arguments.delta', address)(input);
    sink.event('response.function_call_arguments.done', { ...address, name, arguments: input });
  }
  const item = toItem(called, place, 'completed', input);
  sink.event('response.output_item.done', { output_index: place.outputIndex, item });
  return item;
}

function toItem(
  { kind, name, namespace }: CalledTool,
  { id, callId }: CallPlace,
  status: ItemStatus,
  input: string,
): FunctionCallItem | CustomToolCallItem {
  const rest = { status, call_id: callId, name, ...(namespace !== undefined ? { namespace } : {}) };
  return kind === 'custom'
    ? { id, type: 'custom_tool_call', ...rest, input }
    : { id, type: 'function_call', ...rest, arguments: input };
}
