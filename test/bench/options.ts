/** The bench's command line. */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../load/whole-number.js';
import type { Compared } from './bench.js';
import type { Surface } from './load/job.js';
import { type Dialect, MODEL } from './order.js';
import { SCENARIOS } from './scenarios/all.js';
import type { Scenario } from './scenarios/scenario.js';
import { FULL, QUICK, type Sizes, SMOKE } from './sizes.js';

export interface Options {
  readonly scenarios: readonly Scenario[];
  readonly sizes: Sizes;
  readonly rounds: number;
  readonly surfaces: readonly Surface[];
  readonly dialect: Dialect;
  /** A file, or `-` for standard output instead of the table; undefined for none. */
  readonly json: string | undefined;
  readonly leftOut: number;
  /** Where the bridges write profiles of their CPU time; undefined for none. */
  readonly profiles: string | undefined;
  readonly compared: Compared | 'floor' | undefined;
}

const ROUNDS = 5;
const QUICK_ROUNDS = 2;
const HTTP_PORT = 80;

export const HELP = `npm run bench -- [options]

Starts a stand-in for humd, the built program in front of it and a load client, each a process of its own, and measures
what the bridge costs beside the same load on the stand-in's own socket. Ends with 1 if a token was lost, misordered or
there twice, or a request failed; a target that is missed only shows in the table.

  --only NAME[,NAME]        some scenarios only:
${SCENARIOS.map(({ name, about }) => `                              ${name.padEnd(13)} ${about}`).join('\n')}
  --surface NAME            ollama, openai or both (default)
  --rounds N                how often everything is measured (default ${ROUNDS}, quick ${QUICK_ROUNDS})
  --quick                   less of everything
  --smoke                   next to nothing, to see that it works
  --dialect NAME            how the stand-in says tokens: chunk (default) or part
  --json FILE               writes the figures as JSON; - is standard output, in place of the table
  --compare URL             also measures another Ollama or OpenAI server, http only; answers that are not numbered count
                            by the pieces in which they come, and nothing can be said of what they lost
  --compare floor           also measures a bridge of a hundred lines that trusts every byte and keeps nothing: what it
                            costs, nobody gets back by better code on this machine's Node
  --compare-model NAME      the model to ask there (default ${MODEL})
  --compare-surface NAME    what it speaks: ollama, openai or both (default); its paths are the usual ones
  --compare-pid PID         its process on this machine, whose CPU time is counted then
                            BENCH_COMPARE_KEY in the environment is sent to it as its API key
  --cpu-profile FOLDER      each bridge writes a profile for the developer tools there, which slows it down
  --leave-out N             the stand-in leaves out the Nth token: shows that a loss is seen
  --help
`;

/** Undefined for `--help`. Throws an error that says what is wrong with an option. */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      surface: { type: 'string', default: 'both' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      dialect: { type: 'string', default: 'chunk' },
      json: { type: 'string' },
      compare: { type: 'string' },
      'compare-model': { type: 'string', default: MODEL },
      'compare-surface': { type: 'string', default: 'both' },
      'compare-pid': { type: 'string' },
      'cpu-profile': { type: 'string' },
      'leave-out': { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  if (values.dialect !== 'chunk' && values.dialect !== 'part')
    throw new Error(`--dialect is chunk or part, not ${values.dialect}`);
  const isShort = values.quick || values.smoke;
  return {
    scenarios: values.only === undefined ? SCENARIOS : values.only.split(',').map(findScenario),
    sizes: values.smoke ? SMOKE : values.quick ? QUICK : FULL,
    rounds:
      values.rounds === undefined ? (isShort ? QUICK_ROUNDS : ROUNDS) : wholeNumber('rounds', values.rounds),
    surfaces: toSurfaces('surface', values.surface),
    dialect: values.dialect,
    json: values.json,
    profiles: values['cpu-profile'],
    leftOut: wholeNumber('leave-out', values['leave-out']),
    compared:
      values.compare === undefined || values.compare === 'floor'
        ? values.compare
        : {
            ...toAddress(values.compare),
            model: values['compare-model'],
            surfaces: toSurfaces('compare-surface', values['compare-surface']),
            apiKey: env['BENCH_COMPARE_KEY'],
            pid:
              values['compare-pid'] === undefined
                ? undefined
                : wholeNumber('compare-pid', values['compare-pid']),
          },
  };
}

function findScenario(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name.trim());
  if (found === undefined)
    throw new Error(`--only knows ${SCENARIOS.map((scenario) => scenario.name).join(', ')}, not ${name}`);
  return found;
}

function toSurfaces(option: string, text: string): readonly Surface[] {
  if (text === 'both') return ['ollama', 'openai'];
  if (text === 'ollama' || text === 'openai') return [text];
  throw new Error(`--${option} is ollama, openai or both, not ${text}`);
}

function toAddress(text: string): { readonly host: string; readonly port: number } {
  const { protocol, hostname, port } = new URL(text);
  if (protocol !== 'http:') throw new Error('--compare takes an http address');
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? HTTP_PORT : Number(port) };
}
