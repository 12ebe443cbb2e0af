import type { Facts, SecretStore, Target } from '../cli/target.ts';
import type { Config } from '../lib/config.ts';
import type { EmbeddedFunctions } from './embedded-functions.ts';
import type { MemorySecret } from './stand-ins/memory-secret.ts';

export interface OperatedSystem {
  readonly functions: EmbeddedFunctions;
  readonly oktaToken: MemorySecret;
  readonly webhookSecret: MemorySecret;
  readonly webhookUrl: string;
  /** As of the last deploy. */
  readonly config: () => Config;
}

/** The embedded system as its operator meets it, without the way over the network. */
export function operated(system: OperatedSystem): Target {
  const { functions } = system;
  return {
    name: 'the local run (embedded stand-ins)',
    get config() {
      return system.config();
    },
    table: functions.table,
    oktaToken: storeOf(system.oktaToken),
    webhookSecret: storeOf(system.webhookSecret),
    webhook: { url: system.webhookUrl, headers: {} },
    queues: { events: functions.events, box: functions.events.deadLetters, deadLetters: functions.events.deadLetters },
    facts: factsOf(functions),
  };
}

function storeOf(secret: MemorySecret): SecretStore {
  return {
    read: () => secret.read(),
    write: async (text) => {
      secret.text = text;
    },
  };
}

function factsOf(functions: EmbeddedFunctions): Facts {
  return {
    parts: async () => [{ name: 'the process', state: 'running', usable: true }],
    schedule: async () => ({ enabled: !functions.scheduleIsDead, recentInvocations: undefined }),
    deadLetters: async () => [
      { queue: 'events', messages: functions.events.deadLetters.letters.length },
      { queue: 'timers', messages: functions.timers.deadLetters.length },
      { queue: 'zone failures', messages: functions.stream.failures.length },
    ],
    alarms: async () => undefined,
  };
}
