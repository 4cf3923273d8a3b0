/** Joins the compiled program into a few files: to load some hundred small ones takes longer than the rest of its start. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const DIST = resolve('dist');

/** What the types of the library stand in: a declaration file and all that it leads to. */
function declarationsBelow(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*["'](\.[^"']+)\.js["']/g))
    declarationsBelow(join(dirname(file), `${path}.d.ts`), found);
  return found;
}

export default {
  input: { program: 'dist/program.js' },
  platform: 'node',
  // Only loaded where something asks for them, and then from where npm put them.
  external: [/^node:/, /^@redis\//, /^@opentelemetry\//, 'openai', 'pino-pretty', 'fzstd'],
  plugins: [
    {
      name: 'leave-out-other-declarations',
      closeBundle() {
        const wanted = declarationsBelow(join(DIST, 'library.d.ts'));
        for (const path of readdirSync(DIST, { recursive: true, encoding: 'utf8' }))
          if (path.endsWith('.d.ts') && !wanted.has(join(DIST, path))) rmSync(join(DIST, path));
      },
    },
    {
      // Modules look for files, and threads for modules, beside themselves: each goes on telling its own address.
      name: 'keep-import-meta-url',
      transform: {
        filter: { id: /[\\/]dist[\\/].*\.js$/, code: 'import.meta.url' },
        handler(code, id) {
          const own = JSON.stringify(`./${relative(DIST, id).replaceAll('\\', '/')}`);
          return code.replaceAll('import.meta.url', `new URL(${own}, import.meta.url).href`);
        },
      },
    },
  ],
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    // In the same folder as the entry, so that addresses are the same from everywhere.
    chunkFileNames: 'chunk-[name]-[hash].js',
  },
};
