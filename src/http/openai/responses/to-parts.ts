/** From the content of a response's items to the conversation's parts. */
import { Fault } from '../../../core/fault.js';
import type { Part } from '../../../core/request.js';
import type { ImageLimits } from '../../body/image-limits.js';
import { toImagePart } from '../image-part.js';
import type { InputContent, InputPart } from './part-schema.js';

/**
 * No content and '' are the same: nothing. Throws `bad-request` for what cannot be passed on: files, sound, images by id.
 * @param param where it stands in the request: `input[0].content`
 */
export function toParts(
  content: InputContent | null | undefined,
  param: string,
  limits: ImageLimits,
): readonly Part[] {
  if (content == null || content === '') return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.flatMap((part, index) => toPart(part, `${param}[${index}]`, limits));
}

/** Only the text of it. */
export function toText(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

function toPart(part: InputPart, param: string, limits: ImageLimits): readonly Part[] {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text':
    case 'reasoning_text':
      return [{ type: 'text', text: part.text }];
    case 'refusal':
      return [{ type: 'text', text: part.refusal }];
    case 'input_image': {
      const { image_url } = part;
      if (image_url == null) throw unsupported(`${param}.image_url`, "images need an 'image_url'");
      const url = typeof image_url === 'string' ? image_url : image_url.url;
      return [toImagePart(url, `${param}.image_url`, limits)];
    }
    case 'input_file':
      throw unsupported(param, 'files are not supported here');
    case 'input_audio':
      throw unsupported(param, 'sound is not supported here');
    case 'encrypted_content':
      return [];
    default:
      return part satisfies never;
  }
}

function unsupported(param: string, why: string): Fault {
  return new Fault('bad-request', `Invalid '${param}': ${why}.`, { param, reason: 'unsupported_value' });
}
