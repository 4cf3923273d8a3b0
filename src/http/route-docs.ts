/** A surface's description of its routes, for the OpenAPI document. Nothing here has an effect on a request. */
import type { z } from 'zod';

/** A body, of a request or of an answer, under a name of its own. */
export interface Shape {
  /** Unique among all surfaces: `ChatCompletionRequest`. */
  readonly name: string;
  readonly schema: z.ZodType;
  /** Fields that the route insists on, beyond those that the schema does. */
  readonly required?: readonly string[];
  /** Fields of which it wants one. */
  readonly requiresOneOf?: readonly string[];
}

/** Bodies by their media types; `text` is any text. */
export type Content = Readonly<Record<string, Shape | 'text'>>;

export interface RouteDocs {
  /** One line. */
  readonly summary: string;
  /** What is parsed, by the schema that parses it. */
  readonly body?: Shape;
  /** The fields of the query, all optional, and what each means. */
  readonly query?: Readonly<Record<string, string>>;
  /** By status, those that are no errors; a route without any only refuses. */
  readonly answers: Readonly<Record<number, Content>>;
  /** True for what is answered without a key. */
  readonly isOpen?: boolean;
}

export interface SurfaceDocs {
  /** What its routes are listed under. */
  readonly tag: string;
  readonly description: string;
  /** What its errors look like. */
  readonly error: Content;
  /** By method and path, as the surface's routes have them: `POST /api/chat`. HEAD is documented by GET. */
  readonly routes: Readonly<Record<string, RouteDocs>>;
}

/** In a schema's `meta`: a string may stand in its place, which is read before the schema sees it. */
export const OR_TEXT = 'x-or-text';

export function json(shape: Shape): Content {
  return { 'application/json': shape };
}

/**
 * How a schema's stand-in for "a thing of any other type" reads in JSON Schema: a union by `type` has to name our own word
 * for what it does not know; clients send whatever they have. To be given to a schema's `meta`.
 * @param known the types that have schemas of their own
 */
export function anyTypeBut(known: readonly string[]) {
  return { properties: { type: { type: 'string', not: { enum: known } } }, required: ['type'] };
}
