#!/usr/bin/env node
/**
 * Checks which Node this is, and loads the program. Plain JavaScript that is copied as it is, without an import or an export: a
 * Node that is too old for the program has to parse it, to say so in one line.
 */
const found = process.versions.node;
const [major, minor] = found.split('.').map(Number);
// As `engines` in package.json has it.
if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22) {
  void import('./program.js');
} else {
  process.stderr.write(
    `thrum-bridge: needs Node 20.19, 22.12 or newer, and this is ${found}: install one (https://nodejs.org)\n`,
  );
  // EX_CONFIG of sysexits.h.
  process.exitCode = 78;
}
