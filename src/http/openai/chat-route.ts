/** `POST /v1/chat/completions`. */
import type { Event } from '../../conversation/event.js';
import { withCaller } from '../caller.js';
import { clientGone } from '../client-gone.js';
import { readDecodedBody } from '../content-encoding.js';
import { firstCallOnly } from '../first-call-only.js';
import { respondStream, respondWhole } from '../respond.js';
import type { Route, SurfaceContext } from '../surface.js';
import { withoutReasoning } from '../without-reasoning.js';
import { type AnswerStyle, toAnswerStyle } from './answer-style.js';
import { ChatChunks } from './chat-chunks.js';
import { toChatCompletion } from './chat-completion.js';
import { collectAnswers } from './collect-answers.js';
import { createEnvelope } from './envelope.js';
import { jsonAnswer } from './json-answer.js';
import { mergeTurns } from './merge-turns.js';
import { parseBody } from './parse-body.js';
import { requireVision } from './require-vision.js';
import { rewordFaults } from './reword-faults.js';
import { runTurns } from './run-turns.js';
import { type ChatBody, chatBody } from './schema.js';
import { toTurnRequest } from './to-turn-request.js';
import { validate } from './validate.js';

export function chatRoute(context: SurfaceContext): Route {
  const { conversation, streams, clock, maxBodyBytes, maxImageBytes, reasoningField } = context;
  return {
    methods: ['POST'],
    path: '/v1/chat/completions',
    handle: async (c) => {
      const gone = clientGone(c.env.outgoing);
      const body = validate(chatBody, parseBody(await readDecodedBody(c.env.incoming, maxBodyBytes)));
      const hint = body.prompt_cache_key ?? body.user;
      const request = withCaller(c, 'openai', {
        ...toTurnRequest(body, maxImageBytes),
        ...(hint ? { sessionHint: hint } : {}),
      });
      requireVision(conversation.models(), request);
      const style = toAnswerStyle(body, reasoningField);
      const choices = body.n ?? 1;
      const running = runTurns(
        conversation,
        Array.from({ length: choices }, () => request),
        gone,
      );
      const turns = running.turns.map((turn) => asAskedFor(turn, body, style));
      const envelope = createEnvelope('chatcmpl-', body.model, clock);
      if (body.stream) {
        const includeUsage = body.stream_options?.include_usage === true;
        const encoder = new ChatChunks(envelope, { ...style, choices, includeUsage });
        return respondStream(c, streams, mergeTurns(turns, running.cancel), encoder);
      }
      const answers = await collectAnswers(turns, running.cancel);
      return respondWhole(c, jsonAnswer(toChatCompletion(answers, envelope, style)));
    },
  };
}

/** Leaves out of a turn what its request does not want; most requests want everything. */
function asAskedFor(
  turn: AsyncIterable<readonly Event[]>,
  { parallel_tool_calls, response_format }: ChatBody,
  { isLegacy, reasoningField }: AnswerStyle,
): AsyncIterable<readonly Event[]> {
  let asked = turn;
  if (isLegacy || parallel_tool_calls === false) asked = firstCallOnly(asked);
  if (reasoningField === 'none') asked = withoutReasoning(asked);
  if (response_format != null) {
    asked = rewordFaults(asked, { conversation: 'messages', format: 'response_format' });
  }
  return asked;
}
