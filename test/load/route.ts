/** One way to ask for a turn over HTTP: how the request looks, and what the bytes of its answer say. */

/** A tool call as the client was given it. */
export interface GivenCall {
  /** '' where the wire has none. */
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
}

export interface Question {
  readonly content: string;
  readonly stream: boolean;
  /** Declares the tool. */
  readonly withTool: boolean;
  /** The calls that were given to the first asking, and what each of them came to. */
  readonly results?: { readonly calls: readonly GivenCall[]; readonly output: string };
}

/** What an answer says. */
export interface Reading {
  readonly text: string;
  readonly calls: readonly GivenCall[];
  /** How many times it says that the turn is over in the normal way. */
  readonly ends: number;
  /** How many times it says that the turn failed. */
  readonly errors: number;
}

export interface LoadRoute {
  readonly path: string;
  readonly canCallTools: boolean;
  /** Stands in the last frame of a stream, and in no earlier one. */
  readonly endMark: string;
  toBody(question: Question): Readonly<Record<string, unknown>>;
  readWhole(body: unknown): Reading;
  /** @param frames the JSON values of all lines or data frames, in order; `[DONE]` as that string */
  readStream(frames: readonly unknown[]): Reading;
}

/** The JSON values of an NDJSON body, or of an event stream's data frames. Throws where a line is not JSON. */
export function toFrames(body: string): unknown[] {
  const frames: unknown[] = [];
  for (const line of body.split('\n')) {
    const data = line.startsWith('data: ') ? line.slice('data: '.length) : line;
    if (data === '[DONE]') frames.push(data);
    else if (data.startsWith('{')) frames.push(JSON.parse(data));
  }
  return frames;
}

/** What several frames say together. */
export function joinReadings(readings: readonly Reading[]): Reading {
  return {
    text: readings.map(({ text }) => text).join(''),
    calls: readings.flatMap(({ calls }) => calls),
    ends: readings.reduce((sum, { ends }) => sum + ends, 0),
    errors: readings.reduce((sum, { errors }) => sum + errors, 0),
  };
}
