/** Prints where this Node really is; fails if it is older than the package wants. CommonJS: it may be a very old one. */
const { engines } = require('../../package.json');

const minimum = engines.node.replace(/^\D+/, '');
const found = process.versions.node;
if (found.localeCompare(minimum, 'en', { numeric: true }) < 0) {
  process.stderr.write(`thrum-bridge needs Node ${minimum} or newer, and this is ${found}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(process.execPath);
}
