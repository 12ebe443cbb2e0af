import type { Context } from 'aws-lambda';
import type { CallbackClock } from './callback-clock.ts';
import { Environment } from './environment.ts';
import { directWay, type FunctionName, type Way } from './outside-call.ts';

type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

interface Deployed<Event, Result> {
  readonly environment: Environment;
  readonly handler: Handler<Event, Result>;
}

export interface LambdaFunctionOptions {
  readonly name: FunctionName;
  readonly timeoutMs: number;
  readonly clock: CallbackClock;
  /** Between its code and the outside; nothing where absent. */
  readonly way?: Way;
  /** An invocation ended without an answer. */
  readonly died?: (name: FunctionName, reason: string) => void;
}

/**
 * Lambda's promises for one function: each environment handles one invocation at a time and keeps what it has in
 * memory for the next; an invocation that takes too long dies; after a deploy new invocations meet the new code, and
 * those under way end as they began.
 */
export class LambdaFunction<Event, Result> {
  readonly #options: LambdaFunctionOptions;
  readonly #idle: Deployed<Event, Result>[] = [];
  readonly #busy = new Set<Environment>();
  #create: ((environment: Environment) => Handler<Event, Result>) | undefined;
  #crashesAtNextCall = false;

  constructor(options: LambdaFunctionOptions) {
    this.#options = options;
  }

  /** @param create the code, in an environment of its own; each has what it keeps in memory for itself */
  deploy(create: (environment: Environment) => Handler<Event, Result>): void {
    this.#create = create;
    this.#idle.length = 0;
  }

  /** @throws what the handler throws, or `Died` when it did not come to its end */
  async invoke(event: Event, context: Context): Promise<Result> {
    const { clock, name, timeoutMs, died } = this.#options;
    const create = this.#create;
    const deployed = this.#take();
    const { environment } = deployed;
    const stopWatch = clock.after(timeoutMs, () => environment.die(`timed out after ${timeoutMs / 1000} s`));
    this.#busy.add(environment);
    try {
      return await new Promise<Result>((resolve, reject) => {
        environment.onDeath = (reason) => {
          died?.(name, reason.message);
          reject(reason);
        };
        deployed.handler(event, context).then(resolve, reject);
      });
    } finally {
      stopWatch();
      environment.onDeath = () => {};
      this.#busy.delete(environment);
      if (!environment.dead && create === this.#create) this.#idle.push(deployed);
    }
  }

  /** All invocations under way die. @returns how many there were */
  crash(): number {
    const busy = [...this.#busy];
    for (const environment of busy) environment.die('crashed');
    return busy.length;
  }

  /** The next invocation that calls the outside dies instead. */
  crashAtNextCall(): void {
    this.#crashesAtNextCall = true;
  }

  #take(): Deployed<Event, Result> {
    const warm = this.#idle.pop();
    if (warm) return warm;
    const { name, clock, way = directWay } = this.#options;
    if (!this.#create) throw new Error(`the function ${name} is not deployed`);
    const environment = new Environment(name, clock, way, (each) => {
      if (!this.#crashesAtNextCall) return;
      this.#crashesAtNextCall = false;
      each.die('crashed');
    });
    return { environment, handler: this.#create(environment) };
  }
}
