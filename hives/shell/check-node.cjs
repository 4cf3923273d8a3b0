/** Prints where this Node really is; fails if the package does not take it. CommonJS: it may be a very old one. */
const { engines } = require('../../package.json');

const found = process.versions.node;
/** Of `^20.19.0 || >=22.12.0`: each as what it begins with, and the version. */
const ranges = engines.node.split('||').map((range) => /(\D*)(.*)/.exec(range.trim()).slice(1));

function isTaken([operator, minimum]) {
  const isNewEnough = found.localeCompare(minimum, 'en', { numeric: true }) >= 0;
  return isNewEnough && (operator !== '^' || found.split('.')[0] === minimum.split('.')[0]);
}

if (ranges.some(isTaken)) {
  process.stdout.write(process.execPath);
} else {
  const wanted = ranges.map(([, minimum]) => minimum.replace(/\.0$/, '')).join(', ');
  process.stderr.write(`thrum-bridge needs Node ${wanted} or newer, and this is ${found}\n`);
  process.exitCode = 78;
}
