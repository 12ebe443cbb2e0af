import { listedAcls } from '../../lib/config.ts';
import { KMS_CLIENT_KEY } from '../../lib/names.ts';
import type { Item } from '../../lib/ports.ts';
import { CliFailure } from '../cli-failure.ts';
import type { KmsKeys, Target } from '../target.ts';
import type { OperatorCalls } from './operator-calls.ts';
import type { OperatorAddress } from './run-file.ts';

const TIMEOUT_MS = 10_000;
const START_IT = 'Start it with `npm run local` in another terminal, and leave it running.';

/** The embedded system of another process of this machine. */
export async function localTarget({ url, token }: OperatorAddress): Promise<Target> {
  const call = async <Name extends keyof OperatorCalls>(
    name: Name,
    ...args: Parameters<OperatorCalls[Name]>
  ): Promise<Awaited<ReturnType<OperatorCalls[Name]>>> => {
    const { status, body } = await exchange(`${url}/${name}`, token, args);
    if (status === 200) return body.result as Awaited<ReturnType<OperatorCalls[Name]>>;
    throw new CliFailure(`the local run refused "${name}": ${body.error ?? status}`);
  };
  const about = await call('about');
  const kms: KmsKeys = {
    list: () => call('kmsKeys'),
    publicKey: (id) => call('kmsPublicKey', id),
    signers: (id) => ({
      alg: KMS_CLIENT_KEY.alg,
      sign: async (input, timeoutMs) => {
        const signature = await call('kmsSign', id, Buffer.from(input).toString('base64'), timeoutMs);
        return Buffer.from(signature, 'base64');
      },
    }),
  };
  return {
    ...about,
    table: {
      get: (...args) => call('get', ...args),
      write: (...args) => call('write', ...args),
      queryPrefix: (...args) => onePage(() => call('queryPrefix', ...args)),
      queryExpiry: (...args) => onePage(() => call('queryExpiry', ...args)),
    },
    oktaCredentials: {
      read: () => call('readOktaCredentials'),
      write: (text) => call('writeOktaCredentials', text),
      version: (which) => call('oktaCredentialsVersion', which),
      replace: (text, seen) => call('replaceOktaCredentials', text, seen),
      next: () => call('nextOktaCredentials'),
      addNext: (text) => call('addNextOktaCredentials', text),
      dropNext: (next) => call('dropNextOktaCredentials', next),
    },
    kms: about.config.okta.clientKey === 'kms' ? kms : undefined,
    webhookSecret: {
      read: () => call('readWebhookSecret'),
      version: (which) => call('webhookSecretVersion', which),
      replace: (text, seen) => call('replaceWebhookSecret', text, seen),
    },
    ...(listedAcls(about.config).length > 0 && {
      allowlistSecret: {
        read: () => call('readAllowlistSecret'),
        version: (which) => call('allowlistSecretVersion', which),
        replace: (text, seen) => call('replaceAllowlistSecret', text, seen),
      },
    }),
    // Nobody signs in to it.
    caller: async () => undefined,
    queues: {
      events: { send: (message) => call('sendEvent', message) },
      box: {
        receive: () => call('receiveLetters'),
        remove: (letter) => call('removeLetter', letter),
        release: (letter) => call('releaseLetter', letter),
      },
      deadLetters: { send: (letter) => call('setAside', letter) },
    },
    record: { deployedAt: about.deployedAt, lines: (...args) => call('record', ...args) },
    facts: {
      parts: () => call('parts'),
      schedule: () => call('schedule'),
      deadLetters: () => call('deadLetters'),
      flow: () => call('flow'),
      alarmTopics: () => call('alarmTopics'),
      alarmsOn: () => call('alarmsOn'),
    },
  };
}

export function noLocalRun(cause?: unknown): CliFailure {
  return new CliFailure('no local run answers', START_IT, { cause });
}

async function exchange(url: string, token: string, args: readonly unknown[]) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(args),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw noLocalRun(cause);
  });
  const body = (await response.json()) as { readonly result?: unknown; readonly error?: string };
  return { status: response.status, body };
}

async function* onePage(read: () => Promise<readonly Item[]>): AsyncIterable<readonly Item[]> {
  yield await read();
}
