/** The tools that the playground offers, and the one that it answers itself. */

/** What stands in the editor at first. */
export const EXAMPLE_TOOLS = `[
  {
    "name": "get_time",
    "description": "The time now, in a time zone",
    "parameters": {
      "type": "object",
      "properties": { "timeZone": { "type": "string", "description": "such as Europe/Paris" } }
    }
  }
]`;

/** The tools in the editor's text; throws an error that says what is wrong with it. */
export function parseTools(text) {
  const tools = parseJson(text);
  if (!Array.isArray(tools)) throw new Error('The tools must be a list.');
  for (const [index, tool] of tools.entries()) {
    if (typeof tool?.name !== 'string' || tool.name === '') throw new Error(`Tool ${index + 1} has no name.`);
  }
  return tools.map(({ name, description = '', parameters }) => ({
    name,
    description,
    parameters: parameters ?? { type: 'object', properties: {} },
  }));
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The tools are no JSON: ${error.message}.`);
  }
}

/** The result of a call to a tool that this page has; undefined for any other. */
export function answerCall({ name, input }) {
  return name === 'get_time' ? tellTime(input) : undefined;
}

function tellTime({ timeZone = 'UTC' }) {
  try {
    return new Date().toLocaleString('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'long' });
  } catch {
    return `there is no time zone ${timeZone}`;
  }
}
