/** What the system says when it has not enough of something for a thread. */

/** Descriptors of this process and of the system, memory, threads; Node's own code for a thread that does not start. */
const CODES = ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'ERR_WORKER_INIT_FAILED'];

/** True for an error that says that, of a thread that starts or of one that loads what it is to run. */
export function isShortage(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && CODES.includes(error.code)
  );
}
