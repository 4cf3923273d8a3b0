/** Turns a request into the one tone that asks humd for an answer. */
import { render } from '../conversation/render.js';
import type { ImagePart, Tool, TurnRequest } from '../conversation/request.js';

export interface PromptAddress {
  readonly rid: string;
  readonly sid: string;
  readonly hive: string;
  /** The name that humd knows the model by. */
  readonly modelId: string;
}

export interface Prompt {
  readonly tone: Readonly<Record<string, unknown>>;
  /** Characters that the model is given to read, for an estimate of its tokens. */
  readonly characters: number;
}

/**
 * The `prompt` tone of a request. The text goes out as `content` and as `text`: workers read the first, the wire spec and
 * older workers know only the second. Optional keys are left out where there is nothing to say. `resume` is the model's own
 * session id, to go on with after the link was lost.
 */
export function toPromptTone(request: TurnRequest, address: PromptAddress, resume?: string): Prompt {
  const { text, images } = render(request.messages);
  const { rid, sid, hive, modelId } = address;
  const tone = {
    chi: 'prompt',
    rid,
    sid,
    hive,
    modelId,
    content: text,
    text,
    ...(request.system ? { systemPrompt: request.system } : {}),
    ...(request.tools.length > 0 ? { tools: request.tools.map(toToolEntry) } : {}),
    ...(images.length > 0 ? { attachments: images.map(toAttachment) } : {}),
    ...(resume === undefined ? {} : { resume }),
    ...(Object.keys(request.sampling).length > 0 ? { sampling: request.sampling } : {}),
  };
  return { tone, characters: text.length + (request.system?.length ?? 0) };
}

function toToolEntry(tool: Tool): Readonly<Record<string, unknown>> {
  return { name: tool.name, description: tool.description ?? '', inputSchema: tool.inputSchema };
}

function toAttachment(image: ImagePart): Readonly<Record<string, unknown>> {
  if ('data' in image) return { kind: 'image', mediaType: image.mediaType, data: image.data };
  return { kind: 'image', mediaType: image.mediaType, url: image.url };
}
