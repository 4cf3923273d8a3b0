/**
 * What `npm start` does first: builds the program where a source is newer than it, or where it is not built yet. CommonJS, and nothing
 * is loaded by a Node that is too old: `dist/main.js` says then what is wrong.
 */
const SOURCES = ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'rolldown.config.mjs'];

if (Number(process.versions.node.split('.')[0]) >= 20) buildIfOlder();

function buildIfOlder() {
  const { existsSync, readdirSync, statSync } = require('node:fs');
  const { join } = require('node:path');
  const { spawnSync } = require('node:child_process');
  const built = join(__dirname, 'dist', 'program.js');

  /** When the newest file in it was written, in milliseconds since 1970; 0 where there is none. */
  const newest = (path) => {
    if (!existsSync(path)) return 0;
    const found = statSync(path);
    if (!found.isDirectory()) return found.mtimeMs;
    return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
  };
  // A package that was published has no sources.
  if (!existsSync(join(__dirname, 'src'))) return;
  const changed = Math.max(...SOURCES.map((path) => newest(join(__dirname, path))));
  if (existsSync(built) && changed <= statSync(built).mtimeMs) return;
  process.stderr.write('the sources are newer than what is built: npm run build\n');
  // Standard output is the program's own.
  const { status, stdout } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: __dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.stderr.write(stdout ?? 'npm cannot be run');
  process.exitCode = status ?? 1;
}
