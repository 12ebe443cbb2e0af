import { listedAcls } from '../../lib/config.ts';
import { KMS_CLIENT_KEY } from '../../lib/names.ts';
import type { Item } from '../../lib/ports.ts';
import { firstStep, sectionOf } from '../advice.ts';
import { CliFailure } from '../cli-failure.ts';
import type { KmsKeys, Target } from '../target.ts';
import { OPERATOR_CALLS, type PartName, type RemotePart } from './operator-calls.ts';
import type { OperatorAddress } from './run-file.ts';

const TIMEOUT_MS = 10_000;
const START_IT = 'Start it with `npm run local` in another terminal, and leave it running.';
const START_IT_ANEW = 'End it with Ctrl-C where it runs, and start it again with `npm run local`.';

/** The embedded system of another process of this machine. */
export async function localTarget({ url, token }: OperatorAddress): Promise<Target> {
  const part = <Name extends PartName>(name: Name) =>
    Object.fromEntries(
      OPERATOR_CALLS[name].map((method) => [
        method,
        (...args: readonly unknown[]) => exchange(url, token, `${name}.${method}`, args),
      ]),
    ) as RemotePart<Name>;
  const { deployedAt, ...about } = await part('run').about();
  const [pages, signer] = [part('pages'), part('signer')];
  const kms: KmsKeys = {
    ...part('kms'),
    signers: (id) => ({
      alg: KMS_CLIENT_KEY.alg,
      sign: async (input, timeoutMs) =>
        Buffer.from(await signer.sign(id, Buffer.from(input).toString('base64'), timeoutMs), 'base64'),
    }),
  };
  return {
    ...about,
    table: {
      ...part('table'),
      queryPrefix: (...args) => onePage(() => pages.queryPrefix(...args)),
      queryExpiry: (...args) => onePage(() => pages.queryExpiry(...args)),
    },
    oktaCredentials: part('oktaCredentials'),
    kms: about.config.okta.clientKey === 'kms' ? kms : undefined,
    webhookSecret: part('webhookSecret'),
    ...(listedAcls(about.config).length > 0 && { allowlistSecret: part('allowlistSecret') }),
    // Nobody signs in to it.
    caller: async () => undefined,
    queues: { events: part('events'), box: part('box'), deadLetters: part('deadLetters') },
    record: { ...part('record'), deployedAt },
    facts: part('facts'),
  };
}

export function noLocalRun(cause?: unknown): CliFailure {
  return new CliFailure('no local run answers', START_IT, { cause });
}

async function exchange(url: string, token: string, call: string, args: readonly unknown[]): Promise<unknown> {
  const response = await fetch(`${url}/${call}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(args),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw noLocalRun(cause);
  });
  // Another program may have the port by now, and answer in its own way.
  const body = (await response.json().catch((cause: unknown) => {
    throw noLocalRun(cause);
  })) as { readonly result?: unknown; readonly error?: string };
  if (response.status === 200) return body.result;
  if (response.status === 404)
    throw new CliFailure('the local run is of another version than this command', START_IT_ANEW);
  // What AWS would answer, the table alone can be made to: `break-table`.
  const advice = call.startsWith('table.') ? `${firstStep('STORE001')} (${sectionOf('STORE001')})` : undefined;
  throw new CliFailure(`the local run refused "${call}": ${body.error ?? response.status}`, advice);
}

async function* onePage(read: () => Promise<readonly Item[]>): AsyncIterable<readonly Item[]> {
  yield await read();
}
