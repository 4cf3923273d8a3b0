/**
 * The items that a response is made of, and their ids (src/http/openai/README.md, "Output items"). Type aliases, so that
 * they are JSON objects to the compiler.
 */

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

type TextToken = { readonly token: string; readonly bytes: readonly number[]; readonly logprob: number };
export type TextLogprob = TextToken & { readonly top_logprobs: readonly TextToken[] };

export type TextPart = {
  readonly type: 'output_text';
  readonly text: string;
  /** Always there: the AI SDK demands it. */
  readonly annotations: readonly never[];
  readonly logprobs: readonly TextLogprob[];
};

export type MessageItem = {
  readonly id: string;
  readonly type: 'message';
  readonly status: ItemStatus;
  readonly role: 'assistant';
  readonly content: readonly TextPart[];
};

export type ReasoningItem = {
  readonly id: string;
  readonly type: 'reasoning';
  readonly status: ItemStatus;
  readonly summary: readonly { readonly type: 'summary_text'; readonly text: string }[];
  /** Only where reasoning is sent as it is. */
  readonly content?: readonly { readonly type: 'reasoning_text'; readonly text: string }[];
  /** Only where the request's `include` asks for it. */
  readonly encrypted_content?: string | null;
};

export type FunctionCallItem = {
  readonly id: string;
  readonly type: 'function_call';
  readonly status: ItemStatus;
  readonly call_id: string;
  readonly name: string;
  readonly namespace?: string;
  /** JSON text; '' only while the call is open. */
  readonly arguments: string;
};

export type CustomToolCallItem = {
  readonly id: string;
  readonly type: 'custom_tool_call';
  readonly status: ItemStatus;
  readonly call_id: string;
  readonly name: string;
  readonly namespace?: string;
  readonly input: string;
};

/** The client is to look for tools, and gives them back as a `tool_search_output`. */
export type ToolSearchCallItem = {
  readonly id: string;
  readonly type: 'tool_search_call';
  readonly status: ItemStatus;
  readonly call_id: string;
  readonly execution: 'client';
  /** What is looked for, in the form that the client's own parameters have. */
  readonly arguments: unknown;
};

export type CallItem = FunctionCallItem | CustomToolCallItem | ToolSearchCallItem;

/** The conversation as a summary that only its bridge can read. */
export type CompactionItem = {
  readonly id: string;
  readonly type: 'compaction';
  readonly encrypted_content: string;
};

/** A tool that ran on the worker's side, with its result: nothing for the client to do. */
export type McpCallItem = {
  readonly id: string;
  readonly type: 'mcp_call';
  readonly status: 'in_progress' | 'completed' | 'failed';
  readonly approval_request_id: null;
  readonly arguments: string;
  readonly error: string | null;
  readonly name: string;
  readonly output: string | null;
  readonly server_label: string;
};

export type OutputItem = McpCallItem | MessageItem | ReasoningItem | CallItem | CompactionItem;

/** The kind of what an id names. */
export type IdPrefix =
  | 'resp'
  | 'conv'
  | 'msg'
  | 'rs'
  | 'fc'
  | 'fco'
  | 'ctc'
  | 'ctco'
  | 'tsc'
  | 'tso'
  | 'cmp'
  | 'mcp'
  | 'call'
  | 'item';

export type CreateId = (prefix: IdPrefix) => string;
