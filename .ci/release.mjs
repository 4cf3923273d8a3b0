/**
 * `npm run release [-- <version> | patch | minor | major] [--dry-run]`: checks that what is here can be released, runs all tests, writes
 * version and date down, packs, and makes a commit and a tag. Nothing leaves this machine: the last lines say how it does.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const CHANGELOG = 'CHANGELOG.md';
const UNRELEASED = 'not released yet';
/** Where the version stands in documents: in the start line, and in the name of the package's file. */
const IN_DOCUMENTS = {
  'README.md': /(^thrum-bridge )\S+(?=: )/gm,
  'hives/OPERATING.md': /(thrum-bridge-)\d\S*(?=\.tgz)/g,
};
const SEMVER = /^(\d+)\.(\d+)\.(\d+)(?:-([\w.-]+))?$/;
const OUTPUT = 'out/release';

class Refusal extends Error {}

/** The version that `wanted` means after `current`. Throws a `Refusal` for what is no version. */
export function nextVersion(current, wanted) {
  const [, major, minor, patch, pre] = SEMVER.exec(current) ?? [];
  const numbers = [major, minor, patch].map(Number);
  switch (wanted) {
    case 'major':
      return pre !== undefined && minor === '0' && patch === '0' ? `${major}.0.0` : `${numbers[0] + 1}.0.0`;
    case 'minor':
      return pre !== undefined && patch === '0' ? `${major}.${minor}.0` : `${major}.${numbers[1] + 1}.0`;
    case 'patch':
      return pre === undefined ? `${major}.${minor}.${numbers[2] + 1}` : `${major}.${minor}.${patch}`;
    default:
      if (!SEMVER.test(wanted))
        throw new Refusal(`${wanted} is no version: name one as 1.2.3, or patch, minor or major`);
      return wanted;
  }
}

/** Below zero if `one` comes before `other`, by SemVer §11 for versions with at most one suffix. */
export function compareVersions(one, other) {
  const [a, b] = [one, other].map((version) => SEMVER.exec(version) ?? []);
  for (const index of [1, 2, 3]) if (a[index] !== b[index]) return Number(a[index]) - Number(b[index]);
  if (a[4] === b[4]) return 0;
  if (a[4] === undefined || b[4] === undefined) return a[4] === undefined ? 1 : -1;
  return a[4].localeCompare(b[4], 'en', { numeric: true });
}

/**
 * The changelog with its newest section as that of `version`. Where the newest one is released already, a section of the commits since
 * then stands in front of it, as a draft: `isDraft`.
 */
export function writeSection(changelog, version, date, commits) {
  const [heading, name, state] = /^## (\S+?), (.*)$/m.exec(changelog) ?? [];
  if (heading === undefined)
    throw new Refusal(`${CHANGELOG} has no section: write "## ${version}, ${UNRELEASED}" and what is new`);
  const start = changelog.indexOf(heading);
  if (state !== UNRELEASED) {
    const lines = commits.map((subject) => `- ${subject}`).join('\n');
    const draft = `## ${version}, ${UNRELEASED}\n\nChanged:\n\n${lines}\n\n`;
    return { text: changelog.slice(0, start) + draft + changelog.slice(start), isDraft: true };
  }
  const end = changelog.indexOf('\n## ', start);
  const section = changelog.slice(start, end === -1 ? undefined : end);
  if (!/^- \S/m.test(section))
    throw new Refusal(`the section ${name} of ${CHANGELOG} says nothing: write what is new for users`);
  return { text: changelog.replace(heading, `## ${version}, ${date}`), isDraft: false };
}

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

const say = (line) => process.stdout.write(`${line}\n`);

function npm(args, stdio = 'inherit') {
  return execFileSync('npm', args, { encoding: 'utf8', stdio, shell: process.platform === 'win32' });
}

function latestTag() {
  const tags = git('tag', '--list', 'v*', '--merged', 'HEAD')
    .split('\n')
    .filter((tag) => SEMVER.test(tag.slice(1)));
  return tags.sort((one, other) => compareVersions(one.slice(1), other.slice(1))).at(-1);
}

function commitsSince(tag) {
  return git('log', '--no-merges', '--format=%s', ...(tag === undefined ? [] : [`${tag}..HEAD`]))
    .split('\n')
    .filter(Boolean);
}

/** Without a word of the user's: the version in package.json if its section is not released yet, else the next small one. */
function wantedVersion(current, argument, tag) {
  if (argument !== undefined) return nextVersion(current, argument);
  return tag === `v${current}` ? nextVersion(current, 'patch') : current;
}

function release(args) {
  const isDry = args.includes('--dry-run');
  const [argument, ...others] = args.filter((arg) => arg !== '--dry-run');
  const odd = [argument, ...others].find((arg, index) => arg?.startsWith('-') || index > 0);
  if (odd !== undefined)
    throw new Refusal(
      `${odd} means nothing here: npm run release [-- <version>|patch|minor|major] [--dry-run]`,
    );
  const changed = git('status', '--porcelain');
  if (changed !== '') throw new Refusal(`there are changes that are not committed:\n${changed}`);
  const { version: current } = JSON.parse(readFileSync('package.json', 'utf8'));
  const tag = latestTag();
  const version = wantedVersion(current, argument, tag);
  const last = tag?.slice(1);
  if (git('tag', '--list', `v${version}`) !== '') throw new Refusal(`the tag v${version} is there already`);
  if (compareVersions(version, current) < 0 || (last !== undefined && compareVersions(version, last) <= 0))
    throw new Refusal(`${version} does not come after ${last ?? current}`);
  const commits = commitsSince(tag);
  if (commits.length === 0) throw new Refusal(`nothing has changed since ${tag}`);
  const date = new Date().toISOString().slice(0, 10);
  const { text, isDraft } = writeSection(readFileSync(CHANGELOG, 'utf8'), version, date, commits);
  if (isDraft) {
    if (!isDry) {
      writeFileSync(CHANGELOG, text);
      writeVersion(version);
    }
    throw new Refusal(
      isDry
        ? `${CHANGELOG} has no section for ${version}: a draft would be written, of ${commits.length} commits`
        : `${CHANGELOG} has a draft of the section ${version} now, of ${commits.length} commits: make sentences for users of it, commit, and run this again`,
    );
  }
  say(`${version}: ${commits.length} commits since ${tag ?? 'the beginning'}; the tests run`);
  npm(['test']);
  if (git('status', '--porcelain') !== '') throw new Refusal('the tests have left changes behind');
  if (isDry) {
    say('all of this could be released');
    return;
  }
  try {
    writeFileSync(CHANGELOG, text);
    writeVersion(version);
    const file = pack();
    git('commit', '--quiet', '--all', '--message', `release: ${version}`);
    git('tag', '--annotate', `v${version}`, '--message', `thrum-bridge ${version}`);
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
    const bill = writeBill(version);
    say(`${file}\nsha256 ${hash}\n${bill}\n\ncommitted and tagged as v${version}; to publish it:\n`);
    say(
      `  git push --follow-tags\n  npm publish ${file}\n\nfrom a runner that npm trusts (GitHub Actions, GitLab) with --provenance, so that the package says where it was built;\nattach the bill of materials to the release`,
    );
  } catch (error) {
    git('checkout', '--quiet', '--', '.');
    throw error;
  }
}

/** In package.json, its lock file, and the documents. */
function writeVersion(version) {
  for (const file of ['package.json', 'package-lock.json']) {
    if (!existsSync(file)) continue;
    const content = JSON.parse(readFileSync(file, 'utf8'));
    content.version = version;
    if (content.packages?.['']) content.packages[''].version = version;
    writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
  }
  for (const [file, places] of Object.entries(IN_DOCUMENTS)) {
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(places, `$1${version}`));
  }
}

/** @returns the package's file, built from what is here now */
function pack() {
  mkdirSync(OUTPUT, { recursive: true });
  runOwn('licences.mjs', '--texts', 'THIRD-PARTY.txt');
  const [{ filename }] = JSON.parse(
    npm(
      ['pack', '--json', '--pack-destination', OUTPUT, '--foreground-scripts=false'],
      ['ignore', 'pipe', 'inherit'],
    ),
  );
  return join(OUTPUT, filename);
}

/** Another script of this folder. @returns what it prints */
function runOwn(name, ...args) {
  const script = join(import.meta.dirname, name);
  return existsSync(script) ? execFileSync(process.execPath, [script, ...args], { encoding: 'utf8' }) : '';
}

/** What the package is made of, in the words of CycloneDX. @returns the file */
function writeBill(version) {
  const file = join(OUTPUT, `thrum-bridge-${version}.cdx.json`);
  writeFileSync(file, runOwn('sbom.mjs'));
  return file;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    release(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`release: ${error.message}\n`);
    process.exitCode = 1;
  }
}
