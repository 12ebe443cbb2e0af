import { vi } from 'vitest';
import { powertoolsTelemetry } from '../../lib/adapters/powertools-telemetry.ts';
import type { Fields, Telemetry } from '../../lib/ports.ts';
import type { ZoneSeed } from '../../local/okta-simulator/types.ts';
import type { DataPoint } from './alarm-evaluator.ts';
import { VirtualSystem } from './virtual-system.ts';

const MINUTE_MS = 60_000;

/** Whose metrics of AWS's own are modelled: the name in CloudWatch of each, by what it is in the system. */
export interface AwsNames {
  /** By the function's name. */
  readonly functions: Readonly<Record<string, string>>;
  readonly eventsQueue: string;
  readonly eventsDeadLetters: string;
  readonly timersDeadLetters: string;
  readonly zoneFailures: string;
}

/**
 * A virtual system with what CloudWatch gets of it: the functions speak through their production telemetry, and what
 * it writes to standard output is read as CloudWatch reads it, with the virtual time. The metrics that AWS makes are
 * modelled after what the stand-ins and the functions did.
 */
export class WatchedSystem {
  readonly system: VirtualSystem;
  readonly points: DataPoint[] = [];
  /** What the functions logged, with the function's name. */
  readonly lines: Fields[] = [];
  readonly #names: AwsNames;
  #speaker = '';
  #waitingSince: number | undefined;

  constructor(names: AwsNames, settings: Readonly<Record<string, unknown>> = {}, seed: ZoneSeed = {}) {
    this.#names = names;
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => {
        for (const line of String(text).trim().split('\n')) this.#hear(line);
        return true;
      });
    }
    this.system = new VirtualSystem(settings, seed, (name) => this.#spokenBy(name));
    this.#sample();
  }

  get now(): number {
    return this.system.clock.now();
  }

  minutes(count: number): Promise<void> {
    return this.system.clock.advance(count * MINUTE_MS);
  }

  /** A value of one of AWS's own metrics, now. */
  aws(namespace: string, name: string, dimension: string, of: string, value: number): void {
    this.points.push({ namespace, name, dimensions: { [dimension]: of }, value, at: this.now });
  }

  lambda(functionName: string, metric: string, value: number): void {
    this.aws('AWS/Lambda', metric, 'FunctionName', this.#names.functions[functionName] ?? '', value);
  }

  #spokenBy(name: string): Telemetry {
    const say = (speak: () => void): void => {
      this.#speaker = name;
      speak();
    };
    return {
      begin: (...all) => say(() => powertoolsTelemetry.begin(...all)),
      info: (...all) => say(() => powertoolsTelemetry.info(...all)),
      warn: (...all) => say(() => powertoolsTelemetry.warn(...all)),
      error: (...all) => say(() => powertoolsTelemetry.error(...all)),
      metric: (...all) => say(() => powertoolsTelemetry.metric(...all)),
    };
  }

  #hear(text: string): void {
    const line: Record<string, unknown> = JSON.parse(text);
    const { CloudWatchMetrics: directives } = (line._aws ?? {}) as { CloudWatchMetrics?: readonly Directive[] };
    if (!directives) {
      this.lines.push({ ...line, function: this.#speaker });
      // Lambda counts an invocation that ends in an error.
      if (line.message === 'the invocation failed') this.lambda(this.#speaker, 'Errors', 1);
    }
    for (const { Namespace: namespace, Dimensions, Metrics } of directives ?? []) {
      for (const [names, { Name: name }] of Dimensions.flatMap((set) => Metrics.map((one) => [set, one] as const))) {
        const dimensions = Object.fromEntries(names.map((dimension) => [dimension, String(line[dimension])]));
        this.points.push({ namespace, name, dimensions, value: Number(line[name]), at: this.now });
      }
    }
  }

  /** SQS measures its queues once a minute. */
  #sample(): void {
    const { events, timers, stream } = this.system.functions;
    const queue = (of: string, name: string, value: number) => this.aws('AWS/SQS', name, 'QueueName', of, value);
    const visible = 'ApproximateNumberOfMessagesVisible';
    queue(this.#names.eventsDeadLetters, visible, events.deadLetters.letters.length);
    queue(this.#names.timersDeadLetters, visible, timers.deadLetters.length);
    queue(this.#names.zoneFailures, visible, stream.failures.length);
    this.#waitingSince = events.length === 0 ? undefined : (this.#waitingSince ?? this.now);
    const age = (this.now - (this.#waitingSince ?? this.now)) / 1000;
    queue(this.#names.eventsQueue, 'ApproximateAgeOfOldestMessage', age);
    this.system.clock.after(MINUTE_MS, () => this.#sample());
  }
}

/** What an embedded metric says of itself. */
interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}
