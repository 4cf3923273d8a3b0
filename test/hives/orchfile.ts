/** Reads an Orchfile as src/hive/README.md, "Orchfile", describes it: SERVICE, RUN, ENV KEY=${KEY:-default}, RESTART. */

export interface Orchfile {
  readonly service: string;
  readonly run: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly restart: string;
}

export function readOrchfile(text: string, env: Readonly<Record<string, string>>): Orchfile {
  const expand = (value: string) =>
    value.replace(
      /\$\{(\w+)(?::-([^}]*))?\}/g,
      (_, name: string, byDefault = '') => env[name] || String(byDefault),
    );
  const values = (word: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => line.slice(word.length + 1));
  const one = (word: string) => {
    const [value, ...others] = values(word);
    if (value === undefined || others.length > 0) throw new Error(`not one ${word} in ${text}`);
    return expand(value);
  };
  return {
    service: one('SERVICE'),
    run: one('RUN'),
    environment: Object.fromEntries(
      values('ENV').map((line) => [
        line.slice(0, line.indexOf('=')),
        expand(line.slice(line.indexOf('=') + 1)),
      ]),
    ),
    restart: one('RESTART'),
  };
}
