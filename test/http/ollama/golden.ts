/** The bodies of a server whose only models are `m` and `hidden`, at 2026-08-21T10:00:00Z, byte by byte. */
import { packContext } from '../../../src/http/ollama/packed-context.js';

/** SHA-256 of `m`. */
export const DIGEST = '62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a';

const CARD =
  '"details":{"parent_model":"","format":"gguf","family":"test","families":["test"],' +
  '"parameter_size":"unknown","quantization_level":"unknown"';

export const TAGS =
  `{"models":[{"name":"m:latest","model":"m:latest","modified_at":"2026-08-21T10:00:00.000Z","size":1,"digest":"${DIGEST}",` +
  `${CARD},"context_length":200000},"capabilities":["completion","tools","vision","thinking"]}]}`;

export const PS =
  `{"models":[{"name":"m:latest","model":"m:latest","size":1,"digest":"${DIGEST}",${CARD}},` +
  '"expires_at":"2026-08-21T10:05:00.000Z","size_vram":1,"context_length":200000}]}';

const LICENSE = "This model is served through hum; the terms are those of the model's provider.";
/** As JSON text. */
const TEMPLATE =
  '{{ if .System }}{{ .System }}\\n{{ end }}' +
  '{{ if .Tools }}You may call these tools:\\n{{ range .Tools }}{{ . }}\\n{{ end }}{{ end }}' +
  '{{ range .Messages }}<turn role=\\"{{ .Role }}\\">\\n{{ .Content }}\\n</turn>\\n{{ end }}';
const QUOTES = '\\"\\"\\"';

export const SHOW =
  `{"license":"${LICENSE}",` +
  '"modelfile":"# This model lives in hum; these lines only describe it.\\nFROM m:latest\\n' +
  `TEMPLATE ${QUOTES}${TEMPLATE}${QUOTES}\\nPARAMETER num_ctx 200000\\nLICENSE ${QUOTES}${LICENSE}${QUOTES}\\n",` +
  `"parameters":"num_ctx                        200000","template":"${TEMPLATE}",${CARD}},` +
  '"model_info":{"general.architecture":"test","general.basename":"m","general.parameter_count":1,"test.context_length":200000},' +
  '"capabilities":["completion","tools","vision","thinking"],"modified_at":"2026-08-21T10:00:00.000Z"}';

export const PULL =
  '{"status":"pulling manifest"}\n' +
  `{"status":"pulling ${DIGEST.slice(0, 12)}","digest":"sha256:${DIGEST}","total":1,"completed":1}\n` +
  '{"status":"verifying sha256 digest"}\n' +
  '{"status":"writing manifest"}\n' +
  '{"status":"success"}\n';

export const EMBED =
  '{"model":"m","embeddings":[[0.6,0.8],[1,0]],"total_duration":1,"load_duration":1,"prompt_eval_count":5}';

const TIMINGS =
  '"total_duration":1,"load_duration":1,"prompt_eval_count":3,"prompt_eval_duration":1,"eval_count":2,"eval_duration":1';
const HEAD = '{"model":"m","created_at":"2026-08-21T10:00:00.000Z"';

export const CHAT = `${HEAD},"message":{"role":"assistant","content":"hello"},"done":true,"done_reason":"stop",${TIMINGS}}`;
/** `[["user","hi"],["assistant","hello"]]`, packed. */
const CONTEXT = JSON.stringify(
  packContext([{ role: 'user', content: [{ type: 'text', text: 'hi' }] }], 'hello'),
);
export const GENERATE = `${HEAD},"response":"hello","done":true,"done_reason":"stop","context":${CONTEXT},${TIMINGS}}`;
