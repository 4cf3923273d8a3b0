/** Where a request begins to be large: what walks all of it holds up every other stream (1,024 tones wait for 20 ms at most). */

/** In bytes of a body, or in characters. Up to here work is done at once; beyond, in a thread. */
export const LARGE = 2 ** 20;
