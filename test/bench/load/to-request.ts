/** The bytes of a request to an Ollama or OpenAI server. */
import { toOrderText, type Order } from '../order.js';
import type { Job, Target } from './job.js';

type HttpTarget = Extract<Target, { kind: 'http' }>;

/** So long are the messages that a long history is made of. */
const MESSAGE_CHARACTERS = 4_000;

const PATHS = { ollama: '/api/chat', openai: '/v1/chat/completions' };

/** Makes the requests of a job; what they have in common is built once. */
export function createRequests(target: HttpTarget, job: Job): (order: Order) => string {
  const { host, port, surface, model, apiKey } = target;
  const limit = surface === 'ollama' ? { options: { num_predict: job.tokens } } : { max_tokens: job.tokens };
  const place = '@order';
  const messages = [...toHistory(job.historyCharacters), { role: 'user', content: place }];
  const [before = '', after = ''] = JSON.stringify({ model, stream: job.stream, ...limit, messages }).split(
    place,
  );
  const keyHeader = apiKey === undefined ? '' : `Authorization: Bearer ${apiKey}\r\n`;
  const head = `POST ${PATHS[surface]} HTTP/1.1\r\nHost: ${host}:${port}\r\nContent-Type: application/json\r\n${keyHeader}Content-Length: `;
  return (order) => {
    const words = toOrderText(order);
    return `${head}${before.length + words.length + after.length}\r\n\r\n${before}${words}${after}`;
  };
}

/** Turns of a user and an assistant, oldest first. */
function toHistory(characters: number): readonly { role: string; content: string }[] {
  const turns = Math.ceil(characters / (2 * MESSAGE_CHARACTERS));
  const content = 'All work and no play. '.repeat(MESSAGE_CHARACTERS).slice(0, MESSAGE_CHARACTERS);
  return Array.from({ length: turns }, () => [
    { role: 'user', content },
    { role: 'assistant', content },
  ]).flat();
}
