/** `POST /v1/completions`, the route that came before chats. Editors and older scripts still use it. */
import type { TurnSignal } from '../../../core/abort.js';
import { estimateTokens } from '../../../core/estimate-tokens.js';
import type { Event } from '../../../core/event.js';
import { foundModel, type ModelLookup, requireFound } from '../../../core/model.js';
import type { TurnRequest } from '../../../core/request.js';
import { writeNotes, respondStream, respondWhole } from '../../answer/respond.js';
import { rewordFaults, withoutReasoning } from '../../answer/turn-filters.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import { readRequest } from '../../body/read-request.js';
import { clientGone, resolveModel, withCaller } from '../../caller.js';
import type { Route, SurfaceContext } from '../../surface.js';
import { createEnvelope } from '../envelope.js';
import { requireCapabilities, requireNoLogprobs } from '../requirements.js';
import { collectAnswers, mergeTurns, type RunningTurns, runTurns } from '../run-turns.js';
import { READ_COMPLETION, toTurnRequests } from './read-completion.js';
import { TextChunks } from './text-chunks.js';
import { toTextCompletion } from './text-completion.js';

export function completionsRoute(context: SurfaceContext): Route {
  const { streams, clock } = context;
  return {
    methods: ['POST'],
    path: '/v1/completions',
    handle: async (c) => {
      const gone = clientGone(c);
      const read = await readRequest(c, context.settings, READ_COMPLETION, undefined);
      const { body, furtherSettings } = read;
      const resolved = await resolveModel(c, context.mesh, body.model);
      requireNoLogprobs(body.logprobs, foundModel(resolved));
      const requests = await Promise.all(
        toTurnRequests(body).map((request) =>
          withCaller(c, context, 'openai', request, {
            resolved,
            furtherSettings,
            isPassedOn: body.stream === true,
          }),
        ),
      );
      for (const request of requests) requireCapabilities(request, foundModel(resolved), 'prompt');
      const prompts = body.prompt.flatMap((prompt) => Array.from({ length: body.n ?? 1 }, () => prompt));
      const { turns, cancel } =
        body.max_tokens === 0 ? answerNothing(resolved, prompts) : answer(context, requests, gone);
      const prefixes = body.echo === true ? prompts : [];
      const envelope = createEnvelope('cmpl-', body.model, clock);
      if (body.stream) {
        const includeUsage = body.stream_options?.include_usage === true;
        const encoder = new TextChunks(envelope, { choices: turns.length, includeUsage, prefixes });
        return respondStream(c, streams, mergeTurns(turns, cancel), encoder);
      }
      const answers = await collectAnswers(turns, cancel, (batch) => writeNotes(c.env.outgoing, batch));
      return respondWhole(c, WireAnswer.json(toTextCompletion(answers, envelope, prefixes)));
    },
  };
}

/** Throws `model-not-found`, which no turn would. */
function answerNothing(resolved: ModelLookup, prompts: readonly string[]): RunningTurns {
  requireFound(resolved);
  return { turns: prompts.map(emptyTurn), cancel: () => undefined };
}

function answer(context: SurfaceContext, requests: readonly TurnRequest[], gone: TurnSignal): RunningTurns {
  const { turns, cancel } = runTurns(context.turns, requests, gone);
  const shown = turns.map((turn) => rewordFaults(withoutReasoning(turn), { conversation: 'prompt' }));
  return { turns: shown, cancel };
}

/** The turn of a completion of no tokens, for which no worker is asked. */
async function* emptyTurn(prompt: string): AsyncGenerator<readonly Event[], void, undefined> {
  const promptTokens = estimateTokens(prompt.length);
  const usage = { promptTokens, completionTokens: 0, cachedTokens: 0, estimated: true };
  yield [{ type: 'finish', reason: 'length', usage }];
}
