/** The OpenAPI document of a running bridge, and the means to hold bodies against it. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

export type Json = Readonly<Record<string, unknown>>;

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Json[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
  readonly security?: readonly unknown[];
}

export interface OpenApiDocument {
  readonly info: Json;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

export interface ListedOperation {
  /** `POST /v1/messages` */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export async function readDocument(url: string): Promise<OpenApiDocument> {
  const answer = await fetch(`${url}/openapi.json`);
  if (answer.status !== 200) throw new Error(`the document's status is ${answer.status}`);
  const document: OpenApiDocument = Object(await answer.json());
  return document;
}

export function listOperations({ paths }: OpenApiDocument): readonly ListedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([key, operation]) => {
      const method = key.toUpperCase();
      return { name: `${method} ${path}`, method, path, operation };
    }),
  );
}

/** Compiles schemas of a document, references included. */
export class Checker {
  readonly #ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  readonly #document: OpenApiDocument;

  constructor(document: OpenApiDocument) {
    this.#document = document;
    this.#ajv.addSchema({ $id: 'https://document', components: document.components, paths: {} });
    this.#ajv.addVocabulary(['components', 'paths']);
  }

  compile(schema: Json): ValidateFunction {
    return this.#ajv.compile(this.resolve(schema));
  }

  /** The schema itself where there is only its name. */
  resolve(schema: Json): Json {
    const reference = schema['$ref'];
    if (typeof reference !== 'string') return schema;
    const found = this.#document.components.schemas[reference.replace('#/components/schemas/', '')];
    if (found === undefined) throw new Error(`${reference} is nowhere`);
    return found;
  }
}
