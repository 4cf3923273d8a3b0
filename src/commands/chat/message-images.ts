/** Images that a message names by their paths, as a terminal pastes them when files are dropped into it. */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { Fault } from '../../core/fault.js';
import { toPrintableLine } from '../../core/printable.js';
import type { ImagePart, Part } from '../../core/request.js';

/** What the bridge takes of one request by default has room for that. */
const MAX_BYTES = 20 * 2 ** 20;

/** A path that is absolute, or begins with `./`, `../` or `~/`: in quotes, or with a backslash before each space. */
const PATH =
  /(?<=^|\s)(?:'((?:\.{0,2}|~)\/[^'\n]+\.(?:png|jpe?g|webp|gif))'|"((?:\.{0,2}|~)\/[^"\n]+\.(?:png|jpe?g|webp|gif))"|((?:\.{0,2}|~)\/(?:\\.|[^\s\\])+\.(?:png|jpe?g|webp|gif)))(?=$|[\s.,;:?!)])/gi;

export interface MessageParts {
  readonly parts: readonly Part[];
  /** The names of the files that go along. */
  readonly images: readonly string[];
}

/**
 * The message with the images that it names, whose names stay in the text. A path where there is no file is text. Throws `bad-request` for a
 * file that cannot be read, is too large, or is no image.
 */
export function readMessageImages(text: string): MessageParts {
  const images: ImagePart[] = [];
  const names: string[] = [];
  for (const [, single, double, bare] of text.matchAll(PATH)) {
    const written = single ?? double ?? bare?.replace(/\\(.)/g, '$1') ?? '';
    const path = written.startsWith('~/') ? join(homedir(), written.slice(2)) : written;
    const image = readImage(path);
    if (image === undefined) continue;
    images.push(image);
    names.push(basename(path));
  }
  return { parts: [...images, { type: 'text', text }], images: names };
}

/** `with cat.png, dog.jpg`. */
export function describeImages(names: readonly string[]): string {
  return `with ${names.map(toPrintableLine).join(', ')}`;
}

/** Undefined where there is no such file. */
function readImage(path: string): ImagePart | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile()) return undefined;
  if (found.size > MAX_BYTES) throw new Fault('bad-request', `${path} is larger than 20 MB`);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new Fault('bad-request', `${path} cannot be read`, { cause });
  }
  const mediaType = typeOf(bytes);
  if (mediaType === undefined) throw new Fault('bad-request', `${path} is no PNG, JPEG, WebP or GIF`);
  return { type: 'image', mediaType, data: bytes.toString('base64') };
}

/** By its first bytes. */
function typeOf(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, 12);
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'image/webp';
  return /^GIF8[79]a/.test(head) ? 'image/gif' : undefined;
}
