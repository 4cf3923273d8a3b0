/** Ends the process with an error's message alone: it is for the user, who cannot do anything with a stack. */

export function endWithMessage(error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
