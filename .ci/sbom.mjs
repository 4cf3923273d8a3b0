/**
 * `npm run sbom`: the bill of materials of what is installed with the package, in the words of CycloneDX. npm's own `--omit=dev` leaves out
 * what is needed for development besides.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { listPackages } from './licences.mjs';

const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
const bill = JSON.parse(
  execFileSync('npm', args, { encoding: 'utf8', maxBuffer: 2 ** 28, shell: process.platform === 'win32' }),
);
const own = bill.metadata.component['bom-ref'];
const needed = new Set(
  listPackages(JSON.parse(readFileSync('package-lock.json', 'utf8'))).map(
    ({ name, version }) => `${name}@${version}`,
  ),
);
const isNeeded = (ref) => ref === own || needed.has(ref);
const whole = {
  ...bill,
  components: bill.components.filter((component) => isNeeded(component['bom-ref'])),
  dependencies: bill.dependencies
    .filter(({ ref }) => isNeeded(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isNeeded) })),
};
process.stdout.write(`${JSON.stringify(whole, undefined, 2)}\n`);
