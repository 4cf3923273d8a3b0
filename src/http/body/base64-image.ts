/** Images in base64, whose bytes are counted without being decoded: they are megabytes long. */

const NOT_BASE64 = /[^A-Za-z0-9+/]/;

/**
 * True for padded base64 without line ends. No expression that matches the whole of it: images are long, and V8's stack is
 * not.
 */
export function isPaddedBase64(data: string): boolean {
  if (data === '' || data.length % 4 !== 0) return false;
  return !NOT_BASE64.test(data.slice(0, data.length - paddingOf(data)));
}

/** How many bytes padded base64 without line ends stands for. */
export function decodedBytes(data: string): number {
  return (data.length / 4) * 3 - paddingOf(data);
}

function paddingOf(data: string): number {
  return data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
}
