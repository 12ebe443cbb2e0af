import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { credentialsSecret } from '../../cli/credentials-secret.ts';
import { versionedSecret } from '../../cli/versioned-secret.ts';
import { type AwsAnswer, type AwsCall, startFakeAws } from '../helpers/fake-aws.ts';

interface Version {
  readonly text: string;
  readonly at: number;
}

/** As much of Secrets Manager as its documentation says of versions and their labels. */
class Versions {
  readonly versions = new Map<string, Version>();
  readonly labels = new Map<string, string>();
  /** Happens before the next call of this operation. */
  before: readonly [operation: string, happens: () => void] | undefined;
  /** The answer to the next call of this operation is lost, once it has had its effect. */
  loses: string | undefined;
  denies: string | undefined;

  readonly answer = ({ operation, input }: AwsCall): AwsAnswer => {
    if (this.before?.[0] === operation) {
      const [, happens] = this.before;
      this.before = undefined;
      happens();
    }
    if (this.denies === operation) return { status: 400, body: { __type: 'AccessDeniedException' } };
    const answer = this.#carriedOut(operation, input);
    if (this.loses !== operation) return answer;
    this.loses = undefined;
    return { status: 500, body: { __type: 'InternalServiceError' } };
  };

  /** Somebody stores another value in the usual way. */
  put(id: string, text: string): void {
    this.versions.set(id, { text, at: this.versions.size });
    this.#moveCurrent(id);
  }

  current(): string | undefined {
    return this.versions.get(this.labels.get('AWSCURRENT') ?? '')?.text;
  }

  #carriedOut(operation: string, input: Readonly<Record<string, unknown>>): AwsAnswer {
    if (operation === 'GetSecretValue') {
      const id = this.labels.get(String(input.VersionStage)) ?? '';
      const version = this.versions.get(id);
      if (!version) return { status: 400, body: { __type: 'ResourceNotFoundException' } };
      return { body: { VersionId: id, SecretString: version.text, CreatedDate: version.at } };
    }
    if (operation === 'PutSecretValue') {
      const id = String(input.ClientRequestToken);
      const { VersionStages: labels = ['AWSCURRENT'] } = input;
      // The first version of all becomes the current one, whatever its labels.
      if (this.versions.size === 0) this.labels.set('AWSCURRENT', id);
      if (!this.versions.has(id)) this.versions.set(id, { text: String(input.SecretString), at: this.versions.size });
      for (const label of Array.isArray(labels) ? labels : []) {
        if (label === 'AWSCURRENT') this.#moveCurrent(id);
        else this.labels.set(String(label), id);
      }
      return { body: { VersionId: id } };
    }
    const { VersionStage: label, MoveToVersionId: to, RemoveFromVersionId: from } = input;
    // It stays where it is, unless who has it is named; to give it twice to the same version changes nothing.
    const holder = this.labels.get(String(label));
    if (holder !== from && (to === undefined || holder !== to)) {
      return { status: 400, body: { __type: 'InvalidParameterException' } };
    }
    if (to === undefined) this.labels.delete(String(label));
    else if (label === 'AWSCURRENT') this.#moveCurrent(String(to));
    else this.labels.set(String(label), String(to));
    return { body: {} };
  }

  #moveCurrent(id: string): void {
    const before = this.labels.get('AWSCURRENT');
    if (before !== undefined) this.labels.set('AWSPREVIOUS', before);
    this.labels.set('AWSCURRENT', id);
  }
}

let versions: Versions;
let aws: Awaited<ReturnType<typeof startFakeAws>>;
let secret: ReturnType<typeof versionedSecret>;
let credentials: ReturnType<typeof credentialsSecret>;
beforeAll(async () => {
  aws = await startFakeAws((call) => versions.answer(call));
  const client = new SecretsManagerClient({
    ...{ endpoint: aws.url, region: 'eu-west-1', maxAttempts: 2 },
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  secret = versionedSecret(client, 'arn:webhook');
  credentials = credentialsSecret(client, 'arn:okta');
});
afterAll(() => aws.close());
beforeEach(() => {
  versions = new Versions();
  versions.put('v1', 'one');
});

describe('a secret that several people may change', () => {
  it('shows what it holds, what it held before, and since when', async () => {
    expect(await secret.version('current')).toEqual({ id: 'v1', text: 'one', createdAt: 0 });
    expect(await secret.version('previous')).toBeUndefined();
    versions.put('v2', 'two');
    expect(await secret.version('current')).toEqual({ id: 'v2', text: 'two', createdAt: 1000 });
    expect(await secret.version('previous')).toMatchObject({ text: 'one' });
    expect(await secret.read()).toBe('two');
  });

  it('is replaced while it holds what was seen', async () => {
    expect(await secret.replace('two', await secret.version('current'))).toBe(true);
    expect(versions.current()).toBe('two');
    expect(await secret.version('previous')).toMatchObject({ text: 'one' });
    expect(await secret.replace('three', await secret.version('current'))).toBe(true);
    expect(versions.current()).toBe('three');
  });

  it('is given its first value', async () => {
    versions = new Versions();
    expect(await secret.version('current')).toBeUndefined();
    expect(await secret.replace('one', undefined)).toBe(true);
    expect(versions.current()).toBe('one');
  });

  it.each(['PutSecretValue', 'UpdateSecretVersionStage'])(
    'stays as somebody else has made it before %s',
    async (operation) => {
      const seen = await secret.version('current');
      versions.before = [operation, () => versions.put('v2', 'by another')];
      expect(await secret.replace('mine', seen)).toBe(false);
      expect(versions.current()).toBe('by another');
    },
  );

  it('takes one of two who begin at the same time', async () => {
    const seen = await secret.version('current');
    const stored = await Promise.all(['mine', 'yours'].map((text) => secret.replace(text, seen)));
    expect(stored.toSorted()).toEqual([false, true]);
    expect(versions.current()).toBe(stored[0] ? 'mine' : 'yours');
  });

  it.each(['PutSecretValue', 'UpdateSecretVersionStage'])(
    'is replaced where the answer to %s was lost',
    async (lost) => {
      const seen = await secret.version('current');
      versions.loses = lost;
      expect(await secret.replace('two', seen)).toBe(true);
      expect(versions.current()).toBe('two');
    },
  );

  it.each(['PutSecretValue', 'UpdateSecretVersionStage'])('stays as it is where nobody may %s', async (operation) => {
    versions.denies = operation;
    await expect(secret.replace('two', await secret.version('current'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    expect(versions.current()).toBe('one');
  });
});

describe('a text that waits to take the place of what the secret holds', () => {
  it('waits beside it, and goes again', async () => {
    expect(await credentials.next()).toBeUndefined();
    expect(await credentials.addNext('next')).toBe(true);
    const next = await credentials.next();
    expect(next).toMatchObject({ text: 'next' });
    expect(versions.current()).toBe('one');
    if (next) await credentials.dropNext(next);
    expect(await credentials.next()).toBeUndefined();
    expect(versions.current()).toBe('one');
  });

  it('is that of one of two who bring one at the same time, and no other takes its place', async () => {
    const stored = await Promise.all(['mine', 'yours'].map((text) => credentials.addNext(text)));
    expect(stored.toSorted()).toEqual([false, true]);
    expect((await credentials.next())?.text).toBe(stored[0] ? 'mine' : 'yours');
    expect(await credentials.addNext('a third')).toBe(false);
    expect((await credentials.next())?.text).toBe(stored[0] ? 'mine' : 'yours');
  });

  it.each(['PutSecretValue', 'UpdateSecretVersionStage'])('waits where the answer to %s was lost', async (lost) => {
    versions.loses = lost;
    expect(await credentials.addNext('next')).toBe(true);
    expect((await credentials.next())?.text).toBe('next');
  });

  it.each(['PutSecretValue', 'UpdateSecretVersionStage'])('does not where nobody may %s', async (operation) => {
    versions.denies = operation;
    await expect(credentials.addNext('next')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    versions.denies = undefined;
    expect(await credentials.next()).toBeUndefined();
    expect(versions.current()).toBe('one');
  });

  it('goes where the answer to that was lost', async () => {
    await credentials.addNext('next');
    const next = await credentials.next();
    versions.loses = 'UpdateSecretVersionStage';
    if (next) await credentials.dropNext(next);
    expect(await credentials.next()).toBeUndefined();
  });

  it('is not taken away with another that had waited before', async () => {
    await credentials.addNext('before');
    const before = await credentials.next();
    if (before) await credentials.dropNext(before);
    await credentials.addNext('next');
    if (before) await credentials.dropNext(before);
    expect((await credentials.next())?.text).toBe('next');
  });

  it('stays while what the secret holds is exchanged', async () => {
    await credentials.addNext('next');
    expect(await credentials.replace('two', await credentials.version('current'))).toBe(true);
    await credentials.write('three');
    expect(versions.current()).toBe('three');
    expect((await credentials.next())?.text).toBe('next');
  });

  it('waits in a secret that was empty, too', async () => {
    versions = new Versions();
    expect(await credentials.addNext('next')).toBe(true);
    expect((await credentials.next())?.text).toBe('next');
    expect(await credentials.replace('one', await credentials.version('current'))).toBe(true);
    expect(versions.current()).toBe('one');
  });
});
