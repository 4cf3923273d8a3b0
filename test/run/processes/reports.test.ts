import { describe, expect, it } from 'vitest';
import { eventually } from '../../eventually.js';
import { chat } from '../../front-door/world.js';
import { runProgram, urlIn } from '../../program/run-program.js';

describe('several processes on one port', () => {
  it('are watched as one, whichever of them is asked', async () => {
    const program = runProgram(['--workers', '2', '--nest', 'embedded']);
    const url = urlIn(await program.startLine());
    const body = JSON.stringify(chat('Hi', { stream: false }));
    for (let at = 0; at < 6; at++) {
      // A connection of its own for each, so that both processes get some.
      const headers = { connection: 'close' };
      expect((await fetch(`${url}/api/chat`, { method: 'POST', headers, body })).status).toBe(200);
    }
    for (let at = 0; at < 3; at++) {
      const headers = { connection: 'close' };
      // A process that is busy for too long is left out.
      await eventually(async () => {
        const status = Object(await (await fetch(`${url}/ui/api/status`, { headers })).json());
        expect(new Set(status.processes.map(({ pid }: { pid: number }) => pid)).size).toBe(2);
        expect(status.turns).toEqual({ total: 6, byOutcome: { stop: 6 } });
      });
      await eventually(async () => {
        const text = await (await fetch(`${url}/metrics`, { headers })).text();
        expect(text).toContain(
          '\nthrum_bridge_turns_total{surface="ollama",model="claude-sonnet-4-6",outcome="stop"} 6\n',
        );
        expect(text).toContain('\nthrum_bridge_sockets{socket="1",state="up"} 2\n');
        expect(text).toMatch(/\nthrum_bridge_info\{.*\} 1\n/);
      });
    }
  });
});
