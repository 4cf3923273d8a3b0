/**
 * From a response's items to the conversation's messages, the instructions apart (src/http/openai/README.md, "Input items").
 */
import type { Message, Part } from '../../../core/request.js';
import type { ImageLimits } from '../../body/image-limits.js';
import { type HostedStep, toHostedStep } from './hosted-step.js';
import type { InputItem, ItemOf } from './item-schema.js';
import { MessageFold } from './message-fold.js';
import type { InputContent } from './part-schema.js';
import { toParts, toText } from './to-parts.js';
import { flatName } from './tool-names.js';

/** An item, and where it stands in the request: `input[0]`. */
export interface PlacedItem {
  readonly item: InputItem;
  readonly param: string;
}

export interface Messages {
  /** All system and developer messages, joined by a blank line; '' if there are none. */
  readonly system: string;
  readonly messages: readonly Message[];
}

/** Throws `bad-request` for content that cannot be passed on. */
export function toMessages(items: readonly PlacedItem[], limits: ImageLimits): Messages {
  const system: string[] = [];
  const fold = new MessageFold();
  for (const { item, param } of items) {
    switch (item.type) {
      case 'message':
        addMessage(item, toParts(item.content, `${param}.content`, limits), fold, system);
        break;
      case 'function_call':
        fold.call({ id: item.call_id, name: flatName(item.name, item.namespace), input: toInput(item) });
        break;
      case 'custom_tool_call': {
        const input = JSON.stringify({ input: item.input });
        fold.call({ id: item.call_id, name: flatName(item.name, item.namespace), input });
        break;
      }
      case 'function_call_output':
      case 'custom_tool_call_output':
        fold.result(item.call_id, toParts(toContent(item.output), `${param}.output`, limits));
        break;
      case 'other':
        addStep(toHostedStep(item.item), fold);
        break;
      case 'reasoning':
      case 'item_reference':
      case 'additional_tools':
        // Thoughts have no place in a prompt; the other two are resolved before and elsewhere.
        break;
      default:
        item satisfies never;
    }
  }
  return { system: system.filter((text) => text !== '').join('\n\n'), messages: fold.messages() };
}

function addMessage(
  { role }: ItemOf<'message'>,
  parts: readonly Part[],
  fold: MessageFold,
  system: string[],
): void {
  switch (role) {
    case 'system':
    case 'developer':
      system.push(toText(parts));
      break;
    case 'user':
      fold.user(parts);
      break;
    case 'assistant':
      fold.assistant(parts);
      break;
    default:
      role satisfies never;
  }
}

function addStep(step: HostedStep | undefined, fold: MessageFold): void {
  if (step?.type === 'call') fold.call(step.call);
  else if (step?.type === 'result') fold.result(step.callId, [{ type: 'text', text: step.output }]);
}

/** No arguments are `{}`, as they were when the call was given out. */
function toInput({ arguments: sent }: ItemOf<'function_call'>): string {
  return typeof sent === 'string' ? sent || '{}' : JSON.stringify(sent ?? {});
}

function toContent(output: ItemOf<'function_call_output'>['output']): InputContent | null | undefined {
  if (output == null || typeof output === 'string' || isParts(output)) return output;
  return JSON.stringify(output);
}

function isParts(output: object): output is Exclude<InputContent, string> {
  return Array.isArray(output);
}
