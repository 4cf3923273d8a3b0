/** Reads the command and the environment out of a launchd agent's property list. */
import type { ServiceCommand } from './unit-file.js';

export function readPlist(text: string): ServiceCommand {
  const strings = textsOf(section(text, 'ProgramArguments', 'array'), 'string');
  const environment = section(text, 'EnvironmentVariables', 'dict');
  const values = textsOf(environment, 'string');
  return {
    command: strings,
    environment: Object.fromEntries(textsOf(environment, 'key').map((key, i) => [key, values[i] ?? ''])),
  };
}

function section(text: string, key: string, element: string): string {
  const found = new RegExp(`<key>${key}</key>\\s*<${element}>([^]*?)</${element}>`).exec(text)?.[1];
  if (found === undefined) throw new Error(`no ${key} in ${text}`);
  return found;
}

function textsOf(xml: string, element: string): string[] {
  return [...xml.matchAll(new RegExp(`<${element}>([^<>]*)</${element}>`, 'g'))].map(([, text = '']) =>
    text.replace(/&(.*?)(;|$)/g, (entity) => {
      const character = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }[entity];
      if (character === undefined) throw new Error(`not an entity: ${entity}`);
      return character;
    }),
  );
}
