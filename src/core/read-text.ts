/** Reads the answer of another server, which may be longer than it seems: what is compressed can inflate without end. */

/** Thrown for a body that is longer than is read. */
class TooLong extends Error {
  constructor(maxBytes: number) {
    super(`the body is longer than ${maxBytes} bytes`);
    this.name = 'TooLong';
  }
}

/** The whole body as text. Rejects with `TooLong`, and then reads no further; else as the body does. @param maxBytes decompressed */
export async function readText(
  response: { readonly body: AsyncIterable<Uint8Array> | null },
  maxBytes: number,
): Promise<string> {
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let bytes = 0;
  // Leaving the loop cancels the body.
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new TooLong(maxBytes);
    pieces.push(decoder.decode(piece, { stream: true }));
  }
  pieces.push(decoder.decode());
  return pieces.join('');
}
