import type { Item } from '../../lib/ports.ts';
import type { Target } from '../target.ts';

/** What may be asked of a local run from another process, and nothing else: of each part these, as `table.get`. */
export const OPERATOR_CALLS = {
  run: ['about'],
  table: ['get', 'write'],
  pages: ['queryPrefix', 'queryExpiry'],
  oktaCredentials: ['read', 'write', 'version', 'replace', 'next', 'addNext', 'dropNext'],
  kms: ['list', 'publicKey'],
  signer: ['sign'],
  webhookSecret: ['read', 'version', 'replace'],
  allowlistSecret: ['read', 'version', 'replace'],
  events: ['send'],
  box: ['receive', 'remove', 'release'],
  deadLetters: ['send'],
  record: ['lines'],
  facts: ['parts', 'schedule', 'deadLetters', 'flow', 'alarmTopics', 'alarmsOn'],
} as const satisfies { readonly [Name in keyof Parts]: readonly (keyof Parts[Name])[] };

type Optional = ReturnType<typeof partsOf>;
type Parts = { readonly [Name in keyof Optional]-?: NonNullable<Optional[Name]> };
export type PartName = keyof Parts;
/** A part as another process has it. */
export type RemotePart<Name extends PartName> = Pick<
  Parts[Name],
  (typeof OPERATOR_CALLS)[Name][number] & keyof Parts[Name]
>;

/** The parts of a target. What JSON can't carry, pages and bytes, has a form of its own. */
function partsOf(target: Target) {
  const { table, oktaCredentials, kms, webhookSecret, allowlistSecret, queues, record, facts } = target;
  return {
    ...{ table, oktaCredentials, kms, webhookSecret, allowlistSecret, ...queues, record, facts },
    run: {
      about: async () => ({
        ...{ name: target.name, config: target.config, webhook: target.webhook, outputs: target.outputs },
        deployedAt: record.deployedAt,
      }),
    },
    pages: {
      queryPrefix: (...args: Parameters<typeof table.queryPrefix>) => all(table.queryPrefix(...args)),
      queryExpiry: (...args: Parameters<typeof table.queryExpiry>) => all(table.queryExpiry(...args)),
    },
    signer: kms && {
      sign: async (id: string, input: string, timeoutMs: number) => {
        const signature = await kms.signers(id).sign(Buffer.from(input, 'base64'), timeoutMs);
        return Buffer.from(signature).toString('base64');
      },
    },
  };
}

/** @returns undefined where nothing of this name may be asked */
export function operatorCall(target: Target, name: string): ((args: readonly unknown[]) => unknown) | undefined {
  const parts: Readonly<Record<string, object | undefined>> = partsOf(target);
  for (const [part, methods] of Object.entries(OPERATOR_CALLS)) {
    const method = methods.find((one) => name === `${part}.${one}`);
    const on = parts[part];
    if (method && on) return (args) => Reflect.apply(Reflect.get(on, method), on, args);
  }
  return undefined;
}

async function all(pages: AsyncIterable<readonly Item[]>): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
