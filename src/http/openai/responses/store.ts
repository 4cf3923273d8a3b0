/** The responses that clients may come back to. */
import type { OutputItem } from './output-item.js';
import type { ResponseObject } from './response-object.js';
import type { StoredItem } from './stored-item.js';

export interface StoredResponse {
  readonly response: ResponseObject;
  /** The input of its own request, without that of the responses before it. */
  readonly input: readonly StoredItem[];
}

/** What one API key has made, and may see. Nothing here rejects. */
export interface KeptResponses {
  keep(stored: StoredResponse): Promise<void>;
  get(id: string): Promise<StoredResponse | undefined>;
  /** False: there was none. */
  delete(id: string): Promise<boolean>;
  /** An item of any response that is kept, be it of its input or its output. */
  item(id: string): Promise<StoredItem | OutputItem | undefined>;
}

export interface ResponseStore {
  /** All who come without a key are one. */
  of(keyId: string | undefined): KeptResponses;
}

const DAY_MS = 86_400_000;
/** How long a response can be come back to. */
export const MAX_AGE_MS = 30 * DAY_MS;

/** All items of a response by whose ids it can be referred to. */
export function itemsOf({ input, response }: StoredResponse): readonly (StoredItem | OutputItem)[] {
  return [...input, ...response.output];
}
