/** Says in one line why the bridge could not start, and what to do about it. */

/** The line for an error of the machine, such as a port that is taken; other errors keep their own message. */
export function toStartError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port } = { code: '', address: '', port: '', ...error };
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} on ${address} is in use: stop what listens there (Ollama itself?) or set another port, 0 for any free one`;
    case 'EACCES':
      return `port ${port} on ${address} needs more rights than this user has: set a port above 1023`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${address}: set the host to 127.0.0.1, or to an address of this machine`;
    default:
      return error.message;
  }
}
