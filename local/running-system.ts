import type { RunDescription } from '../cli/local-run/run-file.ts';
import type { RunningKnocknoc } from './knocknoc-simulator/server.ts';
import type { LocalCredentials } from './okta-credentials.ts';
import type { SimulatorControl } from './okta-simulator/control-client.ts';

/** A log line of the functions, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

/**
 * The whole system, running on this machine: on embedded stand-ins or on the emulator. The demo and
 * the end-to-end tests know nothing else of it.
 */
export interface RunningSystem {
  readonly kind: 'embedded' | 'emulator';
  readonly webhookUrl: string;
  /** Headers that a request to `webhookUrl` needs here (the emulator finds the API by its Host header). */
  readonly webhookHeaders: Readonly<Record<string, string>>;
  /** Where this machine finds what the webhook says is at a URL; there, where absent. */
  readonly webhookFinds?: (url: string) => string;
  /** The current webhook secret, base64. */
  readonly webhookSecret: string;
  readonly simulator: SimulatorControl;
  /** What it signed in to the simulator with at the start. */
  readonly credentials: LocalCredentials;
  /** The simulator's page. */
  readonly simulatorUrl: string;
  /** The Knocknoc that people log in to; its lists are read where that is configured. */
  readonly knocknoc: RunningKnocknoc;
  /** The environment variables of a Knoc that runs the agent's script. */
  readonly knoc: Readonly<Record<string, string>>;
  /** The table, to let it refuse writes; absent on the emulator. */
  readonly table?: { takesNoWrites: boolean };
  /** How `npm run zone -- … --local` reaches it. */
  readonly run: RunDescription;
  /** All log lines of the functions since the start, metrics (embedded metric format) among them. */
  logs(): Promise<readonly LogLine[]>;
  /** Deploys again, with these settings merged in; grants and zones stay, and so do earlier changes. */
  redeploy(change: Readonly<Record<string, unknown>>): Promise<void>;
  /** Ends everything that was started. */
  close(): Promise<void>;
}

/** What a start says while it is under way, and what the functions do afterwards. */
export interface Progress {
  step(text: string): void;
  /** A log line of a function, as it happens. */
  line(line: LogLine): void;
}
