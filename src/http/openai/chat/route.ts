/** `POST /v1/chat/completions`. */
import { rememberEncoded } from '../../../core/encoded-history.js';
import type { Event } from '../../../core/event.js';
import { Fault } from '../../../core/fault.js';
import { foundModel, type ModelLookup } from '../../../core/model.js';
import type { TurnRequest } from '../../../core/request.js';
import { writeNotes, respondStream, respondWhole } from '../../answer/respond.js';
import { firstCallOnly, rewordFaults, withoutReasoning } from '../../answer/turn-filters.js';
import { WireAnswer } from '../../answer/wire-answer.js';
import { readRequest } from '../../body/read-request.js';
import { toRequestLimits } from '../../body/request-limits.js';
import { clientGone, resolveModel, withCaller } from '../../caller.js';
import type { Route, SurfaceContext } from '../../surface.js';
import { createEnvelope } from '../envelope.js';
import { requireCapabilities, requireNoLogprobs } from '../requirements.js';
import { collectAnswers, mergeTurns, runTurns } from '../run-turns.js';
import { type AnswerStyle, toAnswerStyle, toChatCompletion } from './chat-completion.js';
import { ChatChunks } from './chat-chunks.js';
import { type ChatSettings, READ_CHAT } from './read-chat.js';

export function chatRoute(context: SurfaceContext): Route {
  const { settings, mesh, streams, clock } = context;
  return {
    methods: ['POST'],
    path: '/v1/chat/completions',
    handle: async (c) => {
      const gone = clientGone(c);
      const limits = toRequestLimits(settings);
      const {
        body,
        request: read,
        furtherSettings,
        original,
        encoded,
        refused,
      } = await readRequest(c, settings, READ_CHAT, limits);
      if (encoded !== undefined) rememberEncoded(read.messages, encoded);
      const resolved = await resolveModel(c, mesh, read.model);
      requireCapabilities(read, foundModel(resolved), 'messages');
      requireNoLogprobs(body.logprobs, foundModel(resolved));
      requireNoLogprobs(body.top_logprobs, foundModel(resolved), 'top_logprobs');
      const taken = takesMessages(resolved) ? original : undefined;
      const beside = {
        resolved,
        furtherSettings,
        original: typeof taken === 'function' ? taken() : taken,
        isPassedOn: body.stream === true,
      };
      if (refused !== undefined && beside.original === undefined) throw Fault.fromFacts(refused);
      const request = await withCaller(c, context, 'openai', read, beside, body);
      const style = toAnswerStyle(body, settings.reasoningField);
      const choices = body.n ?? 1;
      const running = runTurns(context.turns, Array<TurnRequest>(choices).fill(request), gone);
      const turns = running.turns.map((turn) => filterTurn(turn, body, style));
      const envelope = createEnvelope('chatcmpl-', body.model, clock);
      if (body.stream) {
        const includeUsage = body.stream_options?.include_usage === true;
        const encoder = new ChatChunks(envelope, { choices, includeUsage, ...style });
        return respondStream(c, streams, mergeTurns(turns, running.cancel), encoder);
      }
      const answers = await collectAnswers(turns, running.cancel, (batch) =>
        writeNotes(c.env.outgoing, batch),
      );
      return respondWhole(c, WireAnswer.json(toChatCompletion(answers, envelope, style)));
    },
  };
}

/** For all other workers the request in our words is enough. */
function takesMessages(resolved: ModelLookup): boolean {
  return foundModel(resolved)?.profile?.accepts.has('messages') === true;
}

/** Leaves out of a turn what its request does not want; most requests want everything. */
function filterTurn(
  turn: AsyncIterable<readonly Event[]>,
  { parallel_tool_calls, response_format }: ChatSettings,
  { isLegacy, reasoningField }: AnswerStyle,
): AsyncIterable<readonly Event[]> {
  let filtered = turn;
  if (isLegacy || parallel_tool_calls === false) filtered = firstCallOnly(filtered);
  if (reasoningField === 'none') filtered = withoutReasoning(filtered);
  if (response_format != null) {
    filtered = rewordFaults(filtered, { conversation: 'messages', format: 'response_format' });
  }
  return filtered;
}
