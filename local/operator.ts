import { flowOf, type LogLine } from '../cli/flow.ts';
import { keptRecord } from '../cli/log-record.ts';
import type { CredentialsSecret, Facts, Target, VersionedSecret } from '../cli/target.ts';
import type { Config } from '../lib/config.ts';
import type { EmbeddedFunctions } from './embedded-functions.ts';
import type { MemoryClientKeys } from './stand-ins/memory-client-keys.ts';
import type { MemorySecret } from './stand-ins/memory-secret.ts';

/** As far back as the posts of a deployed stack are counted. */
const FLOW_MS = 3_600_000;

export interface OperatedSystem {
  readonly functions: EmbeddedFunctions;
  readonly oktaCredentials: MemorySecret;
  readonly webhookSecret: MemorySecret;
  readonly allowlistSecret: MemorySecret;
  /** Absent where nobody asks for keys outside of the secret. */
  readonly clientKeys?: MemoryClientKeys;
  /** What the functions have logged. */
  readonly lines: () => readonly LogLine[];
  readonly webhookUrl: string;
  /** As of the last deploy. */
  readonly config: () => Config;
}

/** The embedded system as its operator meets it, without the way over the network. */
export function operated(system: OperatedSystem): Target {
  const { functions, clientKeys } = system;
  return {
    name: 'the local run (embedded stand-ins)',
    get config() {
      return system.config();
    },
    table: functions.table,
    oktaCredentials: credentialsOf(system.oktaCredentials),
    get kms() {
      if (!clientKeys || system.config().okta.clientKey !== 'kms') return undefined;
      const { signers } = clientKeys;
      return {
        list: async () => clientKeys.list(),
        publicKey: async (id: string) => clientKeys.publicKey(id),
        signers,
      };
    },
    webhookSecret: versioned(system.webhookSecret),
    allowlistSecret: versioned(system.allowlistSecret),
    webhook: { url: system.webhookUrl, headers: {} },
    outputs: { WebhookUrl: system.webhookUrl },
    // Nobody signs in to it.
    caller: async () => undefined,
    queues: { events: functions.events, box: functions.events.deadLetters, deadLetters: functions.events.deadLetters },
    facts: factsOf(system),
    record: keptRecord(system.lines, functions.now()),
  };
}

function credentialsOf(secret: MemorySecret): CredentialsSecret {
  return {
    ...versioned(secret),
    write: async (text) => {
      secret.text = text;
    },
    next: async () => (secret.next === undefined ? undefined : { id: secret.next, text: secret.next }),
    addNext: async (text) => {
      if (secret.next !== undefined) return false;
      secret.next = text;
      return true;
    },
    dropNext: async ({ id }) => {
      if (secret.next === id) secret.next = undefined;
    },
  };
}

/** Its text tells one version from another: nobody has to know when it came. */
function versioned(secret: MemorySecret): VersionedSecret {
  return {
    read: () => secret.read(),
    version: async (which) => {
      const text = which === 'current' ? await secret.read() : undefined;
      return text === undefined ? undefined : { id: text, text };
    },
    replace: async (text, seen) => {
      if (secret.text !== seen?.id) return false;
      secret.text = text;
      return true;
    },
  };
}

function factsOf({ functions, lines }: OperatedSystem): Facts {
  return {
    parts: async () => [{ name: 'the process', state: 'running', usable: true }],
    schedule: async () => ({ enabled: !functions.scheduleIsDead, recentInvocations: undefined }),
    deadLetters: async () => [
      { queue: 'events', messages: functions.events.deadLetters.letters.length },
      { queue: 'timers', messages: functions.timers.deadLetters.length },
      ...(functions.reads.deadLetters.length > 0
        ? [{ queue: 'reads', messages: functions.reads.deadLetters.length }]
        : []),
      { queue: 'zone failures', messages: functions.stream.failures.length },
    ],
    flow: async () => {
      const ofWebhook = lines().filter((line) => line.function === 'webhook');
      return flowOf(ofWebhook, functions.events.length, functions.now() - FLOW_MS);
    },
    alarmTopics: async () => undefined,
    alarmsOn: async () => [],
  };
}
