/** Asks something of a response's whole context, in a thread where that is large: a chain of responses may be. */
import type { TurnSignal } from '../../../core/abort.js';
import { LARGE, requestThreads } from '../../../threads/request-threads.js';
import type { Task } from '../../../threads/task.js';
import { weigh } from '../../../threads/weight.js';
import type { ResponseQuestion } from './to-turn-request.js';

/** Rejects with what the task throws, and as `ThreadPool.run` does. */
export async function askOffLoop<Answer>(
  task: Task<ResponseQuestion, Answer>,
  { model, body, items, limits }: ResponseQuestion,
  gone: TurnSignal,
): Promise<Answer> {
  // The input stands among the items, all its references resolved.
  const question = { model, body: { ...body, input: null }, items, limits };
  return weigh(items, LARGE) <= LARGE ? task.run(question) : requestThreads.run(task, question, gone);
}
