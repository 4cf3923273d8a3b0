/** A request's images, which come as bare base64, as parts of a message. */
import type { ImagePart } from '../../conversation/request.js';

/** Enough bytes to tell every format by. */
const SIGNATURE_BYTES = 12;

/** Takes base64 that the schema has checked; `null` is no image. Line ends, which Go allows, are taken out. */
export function toImageParts(images: readonly (string | null | undefined)[] | null | undefined): ImagePart[] {
  return (images ?? [])
    .filter((image) => image != null)
    .map((image) => {
      const data = image.replace(/[\r\n]/g, '');
      return { type: 'image', mediaType: mediaTypeOf(data), data };
    });
}

/** The format by the first bytes; `image/*` where they say nothing, for the worker to find out. */
function mediaTypeOf(data: string): string {
  const signature = Buffer.from(data.slice(0, SIGNATURE_BYTES * 2), 'base64').toString('latin1');
  if (signature.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (signature.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (signature.startsWith('GIF8')) return 'image/gif';
  if (signature.startsWith('RIFF') && signature.slice(8, 12) === 'WEBP') return 'image/webp';
  return 'image/*';
}
