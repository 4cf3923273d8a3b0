/** The package as npm publishes it, installed in a folder of its own without a network. */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface PackedFile {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
}

export interface UnpackedPackage {
  readonly files: readonly PackedFile[];
  /** Of the tarball. */
  readonly bytes: number;
  /** A project that depends on the package. */
  readonly project: string;
  /** The package in there. */
  readonly root: string;
}

/**
 * Packs, and lays out what `npm install` of the tarball would: the package's own files, and of this project's `node_modules`
 * what is not only for development.
 * @param folder where; empty
 */
export async function unpackPackage(folder: string): Promise<UnpackedPackage> {
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  const [{ filename, files, size }] = JSON.parse(packed.stdout);
  const project = join(folder, 'project');
  const root = join(project, 'node_modules', 'thrum-bridge');
  mkdirSync(root, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', root, '--strip-components=1']);
  for (const path of productionPackages()) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    symlinkSync(resolve(path), join(project, path));
  }
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  mkdirSync(join(project, 'node_modules', '.bin'));
  for (const [name, path] of Object.entries<string>(bin)) {
    chmodSync(join(root, path), 0o755);
    symlinkSync(join('..', 'thrum-bridge', path), join(project, 'node_modules', '.bin', name));
  }
  return { files, bytes: size, project, root };
}

/** `node_modules/hono`; those within another package come with it. */
function productionPackages(): readonly string[] {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return Object.entries<{ dev?: boolean; optional?: boolean }>(packages)
    .filter(([path, { dev, optional }]) => path !== '' && !dev && !optional)
    .map(([path]) => path)
    .filter((path) => path.lastIndexOf('node_modules/') === 0);
}
