/** A part of the bench in a process of its own, to which one message is sent at a time and which answers each. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export class Child {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #ended: Promise<never>;

  /** @param script relative to this file, compiled */
  constructor(script: string, args: readonly string[] = []) {
    this.#process = fork(fileURLToPath(new URL(script, import.meta.url)), args, { stdio: 'inherit' });
    this.pid = this.#process.pid ?? 0;
    this.#ended = new Promise((_, reject) => {
      this.#process.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
    });
    this.#ended.catch(() => undefined);
  }

  /** The next thing it says. Rejects when it ends instead. */
  hear<Answer>(): Promise<Answer> {
    const heard = new Promise<Answer>((resolve) => {
      this.#process.once('message', (message: Answer) => resolve(message));
    });
    return Promise.race([heard, this.#ended]);
  }

  ask<Answer>(message: object | string): Promise<Answer> {
    const heard = this.hear<Answer>();
    this.#process.send(message);
    return heard;
  }

  close(): void {
    this.#process.kill('SIGKILL');
  }
}
