import type { Item } from '../../lib/ports.ts';
import type { KmsKeys, SecretVersion, Target } from '../target.ts';

/**
 * What may be asked of a local run from another process, by name. The same names with the same
 * arguments are what `cli/local-run/local-target.ts` sends.
 */
export function operatorCalls(target: Target) {
  const { table, oktaCredentials, webhookSecret, allowlistSecret, facts, queues, record } = target;
  return {
    about: async () => ({
      ...{ name: target.name, config: target.config, webhook: target.webhook, outputs: target.outputs },
      deployedAt: record.deployedAt,
    }),
    get: (...args: Parameters<typeof table.get>) => table.get(...args),
    write: (...args: Parameters<typeof table.write>) => table.write(...args),
    queryPrefix: (...args: Parameters<typeof table.queryPrefix>) => all(table.queryPrefix(...args)),
    queryExpiry: (...args: Parameters<typeof table.queryExpiry>) => all(table.queryExpiry(...args)),
    readOktaCredentials: () => oktaCredentials.read(),
    writeOktaCredentials: (text: string) => oktaCredentials.write(text),
    oktaCredentialsVersion: (...args: Parameters<typeof oktaCredentials.version>) => oktaCredentials.version(...args),
    replaceOktaCredentials: (text: string, seen?: SecretVersion | null) =>
      oktaCredentials.replace(text, seen ?? undefined),
    nextOktaCredentials: () => oktaCredentials.next(),
    addNextOktaCredentials: (text: string) => oktaCredentials.addNext(text),
    dropNextOktaCredentials: (next: SecretVersion) => oktaCredentials.dropNext(next),
    kmsKeys: () => keysOf(target).list(),
    kmsPublicKey: (id: string) => keysOf(target).publicKey(id),
    kmsSign: async (id: string, input: string, timeoutMs: number) => {
      const signature = await keysOf(target).signers(id).sign(Buffer.from(input, 'base64'), timeoutMs);
      return Buffer.from(signature).toString('base64');
    },
    readWebhookSecret: () => webhookSecret.read(),
    webhookSecretVersion: (...args: Parameters<typeof webhookSecret.version>) => webhookSecret.version(...args),
    // JSON has null in the place of what is left out at the end of a list.
    replaceWebhookSecret: (text: string, seen?: SecretVersion | null) => webhookSecret.replace(text, seen ?? undefined),
    readAllowlistSecret: async () => allowlistSecret?.read(),
    allowlistSecretVersion: async (which: 'current' | 'previous') => allowlistSecret?.version(which),
    replaceAllowlistSecret: async (text: string, seen?: SecretVersion | null) =>
      (await allowlistSecret?.replace(text, seen ?? undefined)) ?? false,
    sendEvent: (...args: Parameters<typeof queues.events.send>) => queues.events.send(...args),
    receiveLetters: () => queues.box.receive(),
    removeLetter: (...args: Parameters<typeof queues.box.remove>) => queues.box.remove(...args),
    releaseLetter: (...args: Parameters<typeof queues.box.release>) => queues.box.release(...args),
    setAside: (...args: Parameters<typeof queues.deadLetters.send>) => queues.deadLetters.send(...args),
    record: (...args: Parameters<typeof record.lines>) => record.lines(...args),
    parts: () => facts.parts(),
    schedule: () => facts.schedule(),
    deadLetters: () => facts.deadLetters(),
    flow: () => facts.flow(),
    alarmTopics: () => facts.alarmTopics(),
    alarmsOn: () => facts.alarmsOn(),
  };
}

export type OperatorCalls = ReturnType<typeof operatorCalls>;

function keysOf({ kms }: Target): KmsKeys {
  if (!kms) throw new Error('it has no keys in KMS');
  return kms;
}

async function all(pages: AsyncIterable<readonly Item[]>): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
