import { beforeEach, describe, expect, it } from 'vitest';
import { lambdaContext } from '../../local/stand-ins/aws-events.ts';
import type { Environment } from '../../local/stand-ins/environment.ts';
import { LambdaFunction } from '../../local/stand-ins/lambda-function.ts';
import { MemorySecret } from '../../local/stand-ins/memory-secret.ts';
import { MemoryTable } from '../../local/stand-ins/memory-table.ts';
import type { OutsideCall } from '../../local/stand-ins/outside-call.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';

const TIMEOUT_MS = 30_000;
const context = lambdaContext('zone', 'r', () => TIMEOUT_MS);
const put = (item: string) => [{ put: { acl: 'a', item } }];

let clock: VirtualClock;
let table: MemoryTable;
let calls: OutsideCall[];
let deaths: string[];
let steps: string[];
let lambda: LambdaFunction<string, string>;
let environments: Environment[];

/** Code that sleeps, writes, and sleeps again; the event is the name of the item. */
function code(version: string) {
  return (environment: Environment) => {
    environments.push(environment);
    const reached = environment.table(table);
    return async (event: string) => {
      steps.push(`${event} begins`);
      await environment.clock.sleep(1_000);
      await reached.write(put(event));
      steps.push(`${event} has written`);
      await environment.clock.sleep(1_000);
      return `${event} by ${version}`;
    };
  };
}

function settled(promise: Promise<string>): { value?: string; error?: string } {
  const outcome: { value?: string; error?: string } = {};
  promise.then(
    (value) => {
      outcome.value = value;
    },
    (error: unknown) => {
      outcome.error = String(error);
    },
  );
  return outcome;
}

const stored = () => table.items().map(({ item }) => item);

beforeEach(() => {
  clock = new VirtualClock(0);
  table = new MemoryTable();
  calls = [];
  deaths = [];
  steps = [];
  environments = [];
  lambda = new LambdaFunction<string, string>({
    name: 'zone',
    timeoutMs: TIMEOUT_MS,
    clock,
    way: async (call, reach) => {
      calls.push(call);
      await clock.sleep(100);
      return reach();
    },
    died: (name, reason) => deaths.push(`${name} ${reason}`),
  });
  lambda.deploy(code('1'));
});

describe('an environment', () => {
  it('is used again, and never by two invocations at once', async () => {
    await clock.finish(lambda.invoke('x', context));
    const both = [lambda.invoke('y', context), lambda.invoke('z', context)];
    expect(await clock.finish(Promise.all(both))).toEqual(['y by 1', 'z by 1']);
    expect(environments).toHaveLength(2);
  });

  it('ends as it began when a deploy comes in between, and is not used again', async () => {
    const under = lambda.invoke('x', context);
    await clock.advance(500);
    lambda.deploy(code('2'));
    const after = lambda.invoke('y', context);
    expect(await clock.finish(Promise.all([under, after]))).toEqual(['x by 1', 'y by 2']);
    expect(await clock.finish(lambda.invoke('z', context))).toBe('z by 2');
    expect(environments).toHaveLength(2);
  });

  it('tells the way of each call, what it is about', async () => {
    const reached = new LambdaFunction<string, unknown>({
      name: 'webhook',
      timeoutMs: TIMEOUT_MS,
      clock,
      way: async (call, reach) => {
        calls.push(call);
        return reach();
      },
    });
    reached.deploy((environment) => async () => {
      const way = environment.table(table);
      await way.get({ acl: 'a', item: 'ZONE' });
      await way.write([...put('1'), { remove: { acl: 'a', item: '2' } }]);
      await way.write(put('3'));
      for await (const _ of way.queryPrefix('a', 'GRANT#'));
      for await (const _ of way.queryExpiry('a', 0, 1));
      await environment.secret(new MemorySecret('s')).read();
    });
    await clock.finish(reached.invoke('x', context));
    const toTable = (method: string, items: readonly string[], isTransaction = false) => {
      return { from: 'webhook', to: 'table', method, keys: items.map((item) => ({ acl: 'a', item })), isTransaction };
    };
    expect(calls).toMatchObject([
      toTable('get', ['ZONE']),
      toTable('write', ['1', '2'], true),
      toTable('write', ['3']),
      toTable('query', ['GRANT#']),
      toTable('query', ['GRANT#']),
      { from: 'webhook', to: 'secret' },
    ]);
  });
});

it('a write whose answer is lost is known for its own when it is tried again', async () => {
  const key = { acl: 'a', item: 'ZONE' };
  const losing = new LambdaFunction<string, unknown>({
    ...{ name: 'zone', timeoutMs: TIMEOUT_MS, clock },
    way: async (_, reach) => {
      await reach();
      return reach();
    },
  });
  losing.deploy((environment) => async (owner) => {
    const when = [{ attribute: 'owner', equals: '', orAbsent: true }] as const;
    return environment.table(table).write([{ update: key, set: { owner }, when }]);
  });
  expect(await clock.finish(losing.invoke('me', context))).toEqual({ written: true });
  expect(await clock.finish(losing.invoke('another', context))).toEqual({ written: false, failed: [0] });
});

describe('an invocation', () => {
  it('dies when it takes too long, and its code goes no further', async () => {
    lambda.deploy((environment) => async () => {
      await environment.clock.sleep(TIMEOUT_MS + 1);
      steps.push('woke up');
      return 'late';
    });
    const outcome = settled(lambda.invoke('x', context));
    await clock.advance(2 * TIMEOUT_MS);
    expect(outcome).toEqual({ error: 'Died: timed out after 30 s' });
    expect([deaths, steps]).toEqual([['zone timed out after 30 s'], []]);
  });

  it('dies where it is when the function crashes; a call on its way takes effect', async () => {
    const outcome = settled(lambda.invoke('x', context));
    await clock.advance(1_050);
    expect(lambda.crash()).toBe(1);
    await clock.advance(10_000);
    expect(outcome).toEqual({ error: 'Died: crashed' });
    expect([steps, stored()]).toEqual([['x begins'], ['x']]);
    expect(lambda.crash()).toBe(0);
  });

  it('dies instead of its next call, once', async () => {
    lambda.crashAtNextCall();
    const outcome = settled(lambda.invoke('x', context));
    await clock.advance(10_000);
    expect(outcome).toEqual({ error: 'Died: crashed' });
    expect([steps, stored()]).toEqual([['x begins'], []]);
    expect(await clock.finish(lambda.invoke('y', context))).toBe('y by 1');
    expect(environments).toHaveLength(2);
  });

  it('hears nothing of a call that fails after its death', async () => {
    lambda.deploy((environment) => async () => {
      const broken = { read: () => Promise.reject(new Error('no')) };
      await environment
        .secret(broken)
        .read()
        .catch(() => steps.push('heard'));
      return 'end';
    });
    const outcome = settled(lambda.invoke('x', context));
    await clock.advance(50);
    lambda.crash();
    await clock.advance(1_000);
    expect([outcome.error, steps]).toEqual(['Died: crashed', []]);
  });

  it('passes on what the code throws, and the environment lives on', async () => {
    lambda.deploy(() => async () => Promise.reject(new Error('mine')));
    await expect(lambda.invoke('x', context)).rejects.toThrow('mine');
    expect(deaths).toEqual([]);
  });
});
