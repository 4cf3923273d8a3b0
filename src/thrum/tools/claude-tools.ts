/**
 * The names of the tools that Claude Code's CLI brings along: what a prompt denies a worker of that kind which is to have none of
 * them. All are safe in the one argument, separated by spaces, that the worker makes of a deny list.
 *
 * Source: "Tools reference" of Claude Code's documentation (https://code.claude.com/docs/en/tools-reference), as of versions 2.1.220
 * to 2.1.287, read on 2026-11-30; for `*` and `EndConversation` its "CLI reference" (`--disallowedTools`). Names that it does not
 * have yet can be added with the configuration key `workerToolNames`.
 */

/** On the page. */
const LISTED: readonly string[] = [
  'Agent',
  'Artifact',
  'AskUserQuestion',
  'Bash',
  'CronCreate',
  'CronDelete',
  'CronList',
  'Edit',
  'EndConversation',
  'EnterPlanMode',
  'EnterWorktree',
  'ExitPlanMode',
  'ExitWorktree',
  'Glob',
  'Grep',
  'LSP',
  'ListAgents',
  'ListMcpResourcesTool',
  'Monitor',
  'NotebookEdit',
  'PowerShell',
  'PushNotification',
  'Read',
  'ReadMcpResourceTool',
  'RemoteTrigger',
  'ReportFindings',
  'ScheduleWakeup',
  'SendMessage',
  'SendUserFile',
  'ShareOnboardingGuide',
  'Skill',
  'SubagentHandback',
  'TaskCreate',
  'TaskGet',
  'TaskList',
  'TaskOutput',
  'TaskStop',
  'TaskUpdate',
  'TodoWrite',
  'ToolSearch',
  'WaitForMcpServers',
  'WebFetch',
  'WebSearch',
  'Workflow',
  'Write',
];

/** On the page in earlier versions, which people still run. */
const FORMER: readonly string[] = [
  'BashOutput',
  'KillBash',
  'KillShell',
  'LS',
  'MultiEdit',
  'NotebookRead',
  'SlashCommand',
  'Task',
  'TeamCreate',
  'TeamDelete',
  'TodoRead',
];

/** Not on the page, and yet in what the CLI says that it has (the `tools` of its `init` message, as others published it). */
const UNLISTED: readonly string[] = ['DesignSync', 'ReadMcpResourceDirTool', 'RefreshMcpTools'];

export const CLAUDE_TOOLS: readonly string[] = Object.freeze([...LISTED, ...FORMER, ...UNLISTED].sort());

/**
 * Denies a CLI every tool, its own and those of all MCP servers, also those that nobody has heard of yet. Versions that do not know it
 * pass over it as the name of no tool.
 */
export const EVERY_TOOL = '*';

/**
 * What the CLI keeps although it is denied, as long as it has another tool; it does nothing but end the conversation. That it stands
 * in `session-ready.tools` shows no missing right.
 */
export const UNDENIABLE_TOOLS: ReadonlySet<string> = new Set(['EndConversation']);

/**
 * All names that the CLI's own tools are known by, each once.
 * @param further those of the configuration (`workerToolNames`)
 */
export function claudeToolNames(further: readonly string[]): readonly string[] {
  return further.length === 0 ? CLAUDE_TOOLS : [...new Set([...CLAUDE_TOOLS, ...further])];
}
