import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../agent/knocknoc-okta.sh', import.meta.url));
const KEPT = 4;
/** Far more than the script says; it says one line. */
const LONGEST_SAID = 4_000;

/** One run of the script, as the person's dashboard and the agent's log know it. */
export interface AgentRun {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What it was asked for, as `add okta-prod 203.0.113.7`. */
  readonly words: string;
  /** Absent while it runs. */
  readonly end?: {
    /** Its exit status; null where it never ran, or was ended. */
    readonly code: number | null;
    /** What it said. */
    readonly said: string;
  };
}

/** Runs the script. @returns its exit status, and what it said on either output. Never rejects */
export type RunScript = (args: readonly string[]) => Promise<{ readonly code: number | null; readonly said: string }>;

/**
 * Knocknoc's agent: it runs the script that is set up for a Knoc when somebody comes or goes. Of one IP one run follows the
 * other; those of several IPs run side by side.
 */
export class Agent {
  readonly #run: RunScript;
  readonly #now: () => number;
  readonly #lastOf = new Map<string, Promise<void>>();
  #runs: AgentRun[] = [];

  constructor(run: RunScript, now: () => number) {
    this.#run = run;
    this.#now = now;
  }

  /** The last runs, the latest first. */
  get runs(): readonly AgentRun[] {
    return this.#runs;
  }

  /** Resolves when the run has ended; nobody has to wait for it. */
  tell(verb: 'add' | 'del', acl: string, ip: string): Promise<void> {
    const began = { at: this.#now(), words: `${verb} ${acl} ${ip}` };
    this.#runs = [began, ...this.#runs].slice(0, KEPT);
    const of = `${acl} ${ip}`;
    const turn = (this.#lastOf.get(of) ?? Promise.resolve()).then(async () => {
      const end = await this.#run([verb, acl, ip]);
      this.#runs = this.#runs.map((run) => (run === began ? { ...began, end } : run));
    });
    this.#lastOf.set(of, turn);
    return turn;
  }
}

/**
 * The real script, as an agent runs it.
 * @param settings the environment variables of the Knoc
 * @param signal ends the runs that are under way
 */
export function realScript(settings: Readonly<Record<string, string>>, signal: AbortSignal): RunScript {
  const { PATH, TMPDIR } = process.env;
  const env = { ...(PATH && { PATH }), ...(TMPDIR && { TMPDIR }), ...settings };
  return (args) =>
    new Promise((resolve) => {
      let said = '';
      const child = spawn('bash', [SCRIPT, ...args], { env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const output of [child.stdout, child.stderr]) {
        output.setEncoding('utf8').on('data', (text: string) => {
          said = (said + text).slice(0, LONGEST_SAID);
        });
      }
      child.on('error', ({ message }) =>
        resolve({ code: null, said: `the script did not run to its end: ${message}` }),
      );
      child.on('close', (code) => resolve({ code, said: said.trim() }));
    });
}
