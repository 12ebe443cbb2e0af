import { describe, expect, it } from 'vitest';
import { aclConfig } from '../../lib/config.ts';
import { describeError } from '../../lib/describe-error.ts';
import { environmentVariable, lazy } from '../../lib/environment.ts';
import { forEachAcl } from '../../lib/for-each-acl.ts';
import { reasonOfFailure } from '../../lib/grants/dead-letter-reasons.ts';
import { ENV } from '../../lib/names.ts';
import type { Fields } from '../../lib/ports.ts';
import { configHash } from '../../lib/zones/config-hash.ts';
import { batchesAtOnce } from '../../lib/zones/stream-batches.ts';
import { logTelemetry } from '../../local/stand-ins/log-telemetry.ts';
import { ACL, configOf } from '../helpers/events.ts';

describe('work for every ACL', () => {
  const aRun = async (acls: readonly string[], work: (acl: string) => Promise<void>) => {
    const lines: Fields[] = [];
    const telemetry = logTelemetry(
      'f',
      () => 0,
      (line) => lines.push(line),
    );
    const outcome = await forEachAcl(acls, telemetry, 'it failed', work).then(
      () => undefined,
      (error: unknown) => error,
    );
    return { lines, outcome };
  };

  it('is done once for each, however often an ACL is named', async () => {
    const done: string[] = [];
    const { outcome } = await aRun(['a', 'b', 'a', 'b', 'b'], async (acl) => void done.push(acl));
    expect([done, outcome]).toEqual([['a', 'b'], undefined]);
  });

  it('is done for the others where it fails for some, and then rejects with all that went wrong', async () => {
    const done: string[] = [];
    const { lines, outcome } = await aRun(['a', 'b', 'c', 'd'], async (acl) => {
      if (acl < 'c') throw new Error(`no ${acl}`);
      await new Promise((resolve) => setImmediate(resolve));
      done.push(acl);
    });
    expect(done).toEqual(['c', 'd']);
    expect(outcome).toMatchObject({ errors: [new Error('no a'), new Error('no b')] });
    expect(lines.filter(({ code }) => code)).toMatchObject([
      { code: 'STORE001', acl: 'a', reason: 'Error: no a' },
      { code: 'STORE001', acl: 'b' },
    ]);
  });

  it('does not wait for one before it begins the next', async () => {
    const begun: string[] = [];
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const run = aRun(['a', 'b'], async (acl) => {
      begun.push(acl);
      await held;
    });
    expect(begun).toEqual(['a', 'b']);
    letGo();
    await run;
  });
});

describe('a value that is made on first use', () => {
  it('is made once, and not before', () => {
    let made = 0;
    const value = lazy(() => {
      made += 1;
      return undefined;
    });
    expect(made).toBe(0);
    value();
    value();
    expect(made).toBe(1);
  });

  it('is made again after making it failed: a cold start that fails does not stay', () => {
    let attempts = 0;
    const value = lazy(() => {
      attempts += 1;
      if (attempts === 1) throw new Error('not yet');
      return 'ready';
    });
    expect(value).toThrow('not yet');
    expect([value(), value(), attempts]).toEqual(['ready', 'ready', 2]);
  });
});

describe('an environment variable', () => {
  it('that is not set, or empty, is named', () => {
    expect(environmentVariable({ GRANTS_TABLE_NAME: 't' }, ENV.tableName)).toBe('t');
    for (const environment of [{}, { GRANTS_TABLE_NAME: '' }]) {
      expect(() => environmentVariable(environment, ENV.tableName)).toThrow('GRANTS_TABLE_NAME');
    }
  });
});

describe('an ACL’s settings', () => {
  it('are those of its own name, and nothing that every object has', () => {
    const config = configOf();
    expect(aclConfig(config, ACL)?.zoneIds).toEqual(['nzo1']);
    for (const name of ['constructor', '__proto__', 'toString', '', 'okta']) {
      expect(aclConfig(config, name)).toBeUndefined();
    }
  });
});

describe('the description of an error', () => {
  it('is its kind and message, without a stack', () => {
    const text = describeError(new RangeError('too far'));
    expect(text).toBe('RangeError: too far');
    for (const odd of ['text', undefined, null, { secret: 1 }]) expect(describeError(odd)).toBe('unknown');
  });

  it('is its kind alone where it lies beside a dead letter', () => {
    expect(reasonOfFailure(new RangeError('too far'))).toBe('STORE001 RangeError');
    expect(reasonOfFailure({ secret: 1 })).toBe('STORE001 unknown');
  });
});

describe('batches of the stream at once', () => {
  const acls = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`acl-${n}`, { zoneIds: [`nzo${n}`] }]));

  it('are one for each ACL, and no more than Lambda runs', () => {
    const counts = [1, 3, 10, 11, 50].map((count) => batchesAtOnce(configOf({ acls: acls(count) })));
    expect(counts).toEqual([1, 3, 10, 10, 10]);
  });

  it('are one where the account has no concurrency to reserve', () => {
    expect(batchesAtOnce(configOf({ acls: acls(3), reservedConcurrency: false }))).toBe(1);
  });
});

describe('the fingerprint of an ACL’s settings', () => {
  it('keeps its form: another one would have every zone looked at after a deploy', () => {
    const config = configOf();
    const settings = aclConfig(config, ACL);
    expect(settings && configHash(config, settings)).toBe('o5Xs9qCWqPnhTxWvBB8Rn_');
  });
});
