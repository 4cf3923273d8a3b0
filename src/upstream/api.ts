/** The HTTP side: a client for one OpenAI-compatible server, which is sent no more than it needs. */
import type OpenAI from 'openai';

export interface ApiFacts {
  /** Where its routes begin: `http://127.0.0.1:8000/v1`. */
  readonly base: string;
  /** Goes to `base` and nowhere else; undefined sends none. */
  readonly apiKey: string | undefined;
  /** How long it may take to begin an answer, in ms. */
  readonly silenceMs: number;
}

/** The client wants a key even where the server wants none; this one is never sent. */
const NO_KEY = 'none';
/** What goes out. The client would add facts about this machine, and headers that a variable of the environment names. */
const SENT_HEADERS = ['accept', 'content-type', 'authorization'];

/** The `openai` package, loaded only here. It repeats nothing by itself: a turn that was charged once is not run twice. */
export async function openApi({ base, apiKey, silenceMs }: ApiFacts): Promise<OpenAI> {
  const { OpenAI } = await import('openai');
  return new OpenAI({
    baseURL: base,
    apiKey: apiKey ?? NO_KEY,
    // All that it would otherwise take from the environment.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: silenceMs,
    // It logs pieces of answers.
    logLevel: 'off',
    fetch: (url, init) => {
      const given = new Headers(init?.headers);
      const headers = new Headers();
      for (const name of SENT_HEADERS) {
        const value = given.get(name);
        if (value !== null && (name !== 'authorization' || apiKey !== undefined)) headers.set(name, value);
      }
      // A redirect would carry the prompt, and on the same origin the key, to a server that is not configured.
      return fetch(url, { ...init, headers, redirect: 'manual' });
    },
  });
}
