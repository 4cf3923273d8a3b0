/** The settings of a request as a chat completion has them: what the client wrote, or the same from any other surface. */
import type { JsonObject } from '../../core/json-object.js';
import { currentOriginal } from '../../core/chat-messages.js';
import type { AnswerFormat, Message, Tool, TurnRequest } from '../../core/request.js';
import { toSamplingFields } from './sampling-fields.js';

/** What a schema that has no name is called. */
const SCHEMA_NAME = 'answer';

/** Pure. @param messages those of `request` that go out */
export function toChatSettings(request: TurnRequest, messages: readonly Message[]): JsonObject {
  const original = currentOriginal(request, messages);
  if (original !== undefined) return original.settings;
  const { tools, sampling, furtherSettings, format } = request;
  const { toolChoice, parallelToolCalls } = sampling;
  return {
    ...(furtherSettings === undefined ? {} : Object.assign({}, ...furtherSettings.map(({ asked }) => asked))),
    ...toSamplingFields(sampling),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(toToolEntry),
          ...(toolChoice == null ? {} : { tool_choice: toolChoice }),
          ...(parallelToolCalls === undefined ? {} : { parallel_tool_calls: parallelToolCalls }),
        }),
    ...(format === undefined ? {} : { response_format: toResponseFormat(format) }),
  };
}

function toToolEntry({ name, description, inputSchema, strict }: Tool): JsonObject {
  return {
    type: 'function',
    function: {
      name,
      ...(description ? { description } : {}),
      parameters: inputSchema,
      ...(strict ? { strict } : {}),
    },
  };
}

function toResponseFormat({ schema, description: given = {} }: AnswerFormat): JsonObject {
  if (schema === undefined) return { type: 'json_object' };
  const { name = SCHEMA_NAME, description, strict } = given;
  return {
    type: 'json_schema',
    json_schema: {
      name,
      schema,
      ...(description === undefined ? {} : { description }),
      ...(strict === undefined ? {} : { strict }),
    },
  };
}
