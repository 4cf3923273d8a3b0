/** What the command line asks for: one command, with its options. */
import type { ConfigFlag } from '../../hive/load-table.js';
import type { LogLevel } from '../log.js';

/** Where turns are answered: a humd, the development daemon within the process, or whichever is there. */
export type NestChoice = 'auto' | 'hum' | 'embedded';

export const NEST_CHOICES = ['auto', 'hum', 'embedded'] as const satisfies readonly NestChoice[];

/** The coding agents that can be started with everything set. */
export const AGENTS = ['claude', 'codex'] as const;
export type Agent = (typeof AGENTS)[number];

/** The shells that completion scripts can be made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export type Invocation =
  | ServeInvocation
  | DoctorInvocation
  | ModelsInvocation
  | ChatInvocation
  | StatusInvocation
  | LaunchInvocation
  | InstallInvocation
  | CompletionInvocation;

export interface ServeInvocation {
  readonly command: 'serve';
  /** Kinds of the hives to run; at least one. */
  readonly hives: readonly string[];
  readonly nest: NestChoice;
  /** Where the routes of an OpenAI-compatible server begin that is to answer in place of the echo. */
  readonly upstream?: string;
  /** What is typed of the configuration's keys. */
  readonly flags: readonly ConfigFlag[];
  readonly printConfig: boolean;
  /** How many processes share the ports; at least one. */
  readonly processes: number;
  /** Hives that other machines can reach may run without a key. */
  readonly insecure: boolean;
  readonly logLevel: LogLevel;
}

export interface DoctorInvocation {
  readonly command: 'doctor';
  /** Kinds of the hives to examine; at least one. */
  readonly hives: readonly string[];
  readonly nest: NestChoice;
  /** As for `serve`. */
  readonly upstream?: string;
  /** As for `serve`. */
  readonly insecure: boolean;
  /** As for `serve`. */
  readonly flags: readonly ConfigFlag[];
  /** False: no model is asked anything. */
  readonly turn: boolean;
  /** The model to ask; by default the first one that a worker serves. */
  readonly model?: string;
  readonly json: boolean;
}

export interface ModelsInvocation {
  readonly command: 'models';
  readonly hive: string;
  readonly json: boolean;
}

export interface ChatInvocation {
  readonly command: 'chat';
  /** By default the first one that a worker serves. */
  readonly model?: string;
  readonly hive: string;
  readonly nest: NestChoice;
  /** As for `serve`. */
  readonly upstream?: string;
  /** One message, to be answered before the program ends; `-` reads it from standard input. */
  readonly once?: string;
  readonly system?: string;
  readonly verbose: boolean;
}

export interface StatusInvocation {
  readonly command: 'status';
  readonly hive: string;
  /** Where the bridge listens; by default what the hive is configured with. */
  readonly url?: string;
  /** An API key; by default the first one that the hive is configured with. */
  readonly key?: string;
  readonly once: boolean;
  readonly json: boolean;
}

export interface LaunchInvocation {
  readonly command: 'launch';
  readonly agent: Agent;
  /** What the agent itself is given on its command line. */
  readonly args: readonly string[];
  readonly hive: string;
  /** As for `status`. */
  readonly url?: string;
  /** An API key; by default one that the hive is configured with. */
  readonly key?: string;
  /** By default the first one that a worker serves. */
  readonly model?: string;
  /** The name of its conversations; by default one of its own. */
  readonly session?: string;
  /** Show what would be set, and start nothing. */
  readonly print: boolean;
}

export interface InstallInvocation {
  readonly command: 'install' | 'uninstall';
  readonly hive: string;
  readonly dryRun: boolean;
  /** False: neither look at the port before nor wait for the service. Only of `install`. */
  readonly check?: boolean;
}

export interface CompletionInvocation {
  readonly command: 'completion';
  readonly shell: Shell;
}
