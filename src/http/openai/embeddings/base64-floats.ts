/** Vectors as OpenAI's clients ask for them unless told otherwise. */

const FLOAT_BYTES = 4;

/** Little-endian IEEE-754 numbers of 32 bits, in padded base64 of the standard alphabet. */
export function toBase64Floats(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * FLOAT_BYTES);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * FLOAT_BYTES);
  return bytes.toString('base64');
}
