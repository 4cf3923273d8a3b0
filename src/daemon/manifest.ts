/** What of a hello humd keeps: an entry of bees.json (shape: test/fixtures/bees.json). All other fields are dropped. */
import { z } from 'zod';
import type { Tone } from '../thrum/link/tone-codec.js';

export interface ToolEntry {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: unknown;
}

/** One entry of bees.json; the fields stand in the order in which humd writes them. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly proto_version: string;
  readonly propensity: Propensity;
  readonly chis: readonly string[];
  readonly source?: string;
  readonly bind?: Bind;
  readonly nestlerId: string;
  readonly bee: readonly string[];
  readonly hid?: string;
  readonly models?: readonly string[];
  readonly tools?: readonly ToolEntry[];
  readonly provides?: readonly string[];
}

const propensity = z.object({
  statefulness: z.string().optional(),
  richness: z.string().optional(),
  wire: z.string().optional(),
});
type Propensity = z.output<typeof propensity>;

const bind = z.object({
  host: z.string(),
  port: z.int().min(0).max(65_535),
  scheme: z.string().optional(),
});
type Bind = z.output<typeof bind>;

const HID = /^(humd|wbee|fbee)_([0-9a-f]{64}|[0-9a-f]{12})$/;
const HID_HEX_DIGITS = 64;

/**
 * Undefined for a hello that names neither a hive nor a sender: humd registers no such bee.
 *
 * @param clientId the connection's id
 * @param nowMs the time of the hello, part of the `nestlerId` that a bee without one gets
 */
export function toManifest(hello: Tone, clientId: string, nowMs: number): Manifest | undefined {
  const name = string(hello['hive']) ?? string(hello['from']);
  if (name === undefined) return undefined;
  const source = string(hello['source']);
  const hid = toHid(hello['hid']);
  const bound = bind.safeParse(hello['bind']).data;
  const models = strings(hello['models']);
  const tools = toTools(hello['tools']);
  const provides = strings(hello['provides']);
  return {
    name,
    version: string(hello['version']) ?? '0.0.0',
    proto_version: string(hello['protoVersion']) ?? '0.7.0',
    propensity: propensity.safeParse(hello['propensity']).data ?? {},
    chis: strings(hello['chis']),
    ...(source !== undefined && { source }),
    ...(bound !== undefined && { bind: bound }),
    nestlerId: string(hello['nestlerId']) ?? `${clientId}-${nowMs}`,
    bee: typeof hello['bee'] === 'string' ? [hello['bee']] : strings(hello['bee']),
    ...(hid !== undefined && { hid }),
    ...(models.length > 0 && { models }),
    ...(tools.length > 0 && { tools }),
    ...(provides.length > 0 && { provides }),
  };
}

/** In humd's own spelling; undefined for what it takes for no identity. A short one is filled with zeros, a bare one is a humd's. */
function toHid(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [prefix = '', hex] = value.includes('_') ? value.split('_', 2) : ['humd', value];
  const hid = `${prefix}_${hex?.toLowerCase()}`;
  const isBare = !value.includes('_');
  if (!HID.test(hid) || (isBare && value.length !== HID_HEX_DIGITS)) return undefined;
  return hid.padEnd(prefix.length + 1 + HID_HEX_DIGITS, '0');
}

function toTools(value: unknown): ToolEntry[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((tool: unknown) => {
    if (typeof tool !== 'object' || tool === null || !('name' in tool)) return [];
    const name = string(tool.name);
    if (name === undefined) return [];
    const description = 'description' in tool ? string(tool.description) : undefined;
    return [
      { name, description: description ?? '', inputSchema: 'inputSchema' in tool ? tool.inputSchema : null },
    ];
  });
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
