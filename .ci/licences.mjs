/**
 * `npm run licences`: lists the packages that come with this one and their licences, with `--texts <file>` into a file with the texts.
 * A test holds that each licence is allowed.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Each may stand beside MIT in one program, and asks for no more than its own text. */
export const ALLOWED = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
];

/**
 * What is installed with the package, by name: `{ name, version, licence, path }`.
 * @param lock the content of package-lock.json
 * @param withDevelopment those for development, and the optional ones, too
 */
export function listPackages(lock, withDevelopment = false) {
  return Object.entries(lock.packages)
    .filter(
      ([path, { dev, optional, devOptional }]) =>
        path !== '' && (withDevelopment || !(dev || optional || devOptional)),
    )
    .map(([path, { version, license }]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      licence: license ?? 'unknown',
      path,
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** True for an SPDX expression by which one allowed licence, or several, may be chosen. */
export function isAllowed(licence) {
  const choices = licence.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((one) => ALLOWED.includes(one)));
}

/** What a package says of its licence, in its own file. */
function textOf(path) {
  if (!existsSync(path)) return 'not installed here';
  const file = readdirSync(path).find((name) => /^(licen[cs]e|copying)/i.test(name));
  return file === undefined ? 'no text of its own' : readFileSync(join(path, file), 'utf8').trim();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const packages = listPackages(JSON.parse(readFileSync('package-lock.json', 'utf8')));
  const [flag, file] = process.argv.slice(2);
  if (flag === '--texts' && file !== undefined) {
    const texts = packages.map(
      ({ name, version, licence, path }) => `${name} ${version}: ${licence}\n\n${textOf(path)}\n`,
    );
    writeFileSync(
      file,
      `thrum-bridge comes with these packages, parts of which are in its own files.\n\n${texts.join('\n\n')}`,
    );
  } else
    for (const { name, version, licence } of packages)
      process.stdout.write(`${name} ${version}  ${licence}\n`);
  const wrong = packages.filter(({ licence }) => !isAllowed(licence));
  for (const { name, licence } of wrong)
    process.stderr.write(`${name}: ${licence} is not among the licences that are allowed\n`);
  if (wrong.length > 0) process.exitCode = 1;
}
