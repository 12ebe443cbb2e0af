import { afterEach, describe, expect, it, vi } from 'vitest';
import { formatQueuedEvent } from '../../lib/grants/queue-message.ts';
import { EvaluatedAlarm } from '../helpers/alarm-evaluator.ts';
import { ACL, SECOND_ZONE, TOKEN, ZONE } from '../helpers/virtual-system.ts';
import { type AwsNames, WatchedSystem } from '../helpers/watched-system.ts';
import { FUNCTIONS, resourceOf, resourcesOf, templateWith } from './synthesised.ts';

afterEach(() => vi.restoreAllMocks());

const template = templateWith({ stackName: 'Acme' });
const queue = (prefix: string) => resourceOf(template, 'AWS::SQS::Queue', prefix)[0];
const NAMES: AwsNames = {
  functions: Object.fromEntries(
    FUNCTIONS.map((name) => [name.toLowerCase(), resourceOf(template, 'AWS::Lambda::Function', `${name}Function`)[0]]),
  ),
  eventsQueue: queue('GrantsEventsQueue'),
  eventsDeadLetters: queue('GrantsEventsDeadLetters'),
  timersDeadLetters: queue('ExpiryTimersDeadLetters'),
  zoneFailures: queue('ZoneFailuresQueue'),
};
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, alarm]) => new EvaluatedAlarm(alarm));
const OTHER_ACL = 'okta-test';
const TWO_ACLS = { acls: { [ACL]: { zoneIds: [ZONE] }, [OTHER_ACL]: { zoneIds: [SECOND_ZONE] } } };
/** Alarms that take silence for trouble look back this far: what was before the start is silence. */
const FIRST_MINUTES = 11;

/** Names of the alarms that were on at some minute since `from`. */
function onSince(watched: WatchedSystem, from: number): string[] {
  const on = alarms.filter((alarm) => alarm.on(watched.points, from, watched.now).length > 0);
  return on.map(({ name }) => name.replace('Acme-', '')).sort();
}

function alarmNamed(name: string): EvaluatedAlarm {
  const alarm = alarms.find((one) => one.name === `Acme-${name}`);
  if (!alarm) throw new Error(`no alarm ${name}`);
  return alarm;
}

/** A system that has run for a while with one person in its zone. */
async function running(settings: Readonly<Record<string, unknown>> = {}): Promise<WatchedSystem> {
  const watched = new WatchedSystem(NAMES, settings);
  await watched.system.grant('203.0.113.1');
  await watched.minutes(FIRST_MINUTES);
  return watched;
}

/** One time after another, a few seconds apart. */
async function times(count: number, work: (n: number) => Promise<unknown>, watched: WatchedSystem): Promise<void> {
  for (let n = 1; n <= count; n += 1) {
    await work(n);
    await watched.system.clock.advance(5_000);
  }
}

/** The list of the ACL is read from now on. */
const LISTED = { acls: { [ACL]: { zoneIds: [ZONE], allowlist: {} } } };

type Trouble = (watched: WatchedSystem) => Promise<unknown>;
const okta = (fault: Parameters<WatchedSystem['system']['okta']['addFault']>[0]): Trouble => {
  return async ({ system }) => {
    system.okta.addFault(fault);
    await system.grant('203.0.113.2');
  };
};
const post = (count: number, raw: Parameters<WatchedSystem['system']['post']>[0]): Trouble => {
  return (watched) => times(count, () => watched.system.post(raw), watched);
};
const send = (count: number, data: Readonly<Record<string, unknown>>): Trouble => {
  return (watched) => times(count, () => watched.system.grant('203.0.113.3', data), watched);
};
/** For this long, nothing of the table can be read or written. */
const withoutTable = (minutes: number, first: Trouble = async () => {}): Trouble => {
  return async (watched) => {
    await first(watched);
    watched.system.functions.table.unreachable = true;
    await watched.minutes(minutes);
    watched.system.functions.table.unreachable = false;
  };
};
const grant = (ip: string, data: Readonly<Record<string, unknown>> = {}): Trouble => {
  return ({ system }) => system.grant(ip, data);
};
const scattered = (count: number) => Array.from({ length: count }, (_, n) => `203.0.113.${10 + 2 * n}`);
const people = (count: number): Trouble => {
  return (watched) => times(count, (n) => watched.system.grant(scattered(count)[n - 1] ?? ''), watched);
};
const lambda = (functionName: string, metric: string, count: number, value = 1): Trouble => {
  return async (watched) => times(count, async () => watched.lambda(functionName, metric, value), watched);
};

const list = (change: (system: WatchedSystem['system']) => void): Trouble => {
  return async ({ system }) => {
    change(system);
    system.redeploy({ ...LISTED, gatewayLimit: 10 });
  };
};

const WRONG_KEY = Buffer.alloc(33, 'x').toString('base64');

/** Trouble that each alarm is for. What AWS alone could say (a timeout, a throttle) is modelled, the rest happens. */
const TROUBLE: Readonly<Record<string, Trouble>> = {
  OKTA001: async ({ system }) => {
    system.okta.revokeToken(TOKEN);
    await system.grant('203.0.113.2');
  },
  OKTA002: async ({ system }) => {
    system.okta.setToken(TOKEN, 'READ_ONLY_ADMIN');
    await system.grant('203.0.113.2');
  },
  OKTA005: okta({ count: 1, fault: { rateLimit: { resetInSeconds: 40 } } }),
  ZONE001: async ({ system }) => {
    system.okta.removeZone(ZONE);
    await system.grant('203.0.113.2');
  },
  ZONE002: okta({ count: 1, method: 'PUT', fault: { status: 400 } }),
  ZONE003: okta({ count: 1, fault: { status: 503 } }),
  ZONE004: async ({ system }) => {
    system.okta.editZone(ZONE, { status: 'INACTIVE' });
    await system.grant('203.0.113.2');
  },
  ZONE005: people(11),
  ZONE006: async (watched) => {
    watched.system.oktaCredentials.text = undefined;
    // The token is kept in memory for five minutes.
    await watched.minutes(7);
  },
  ZONE007: async ({ system }) => {
    system.okta.editZone(ZONE, { addGateways: ['198.51.100.9/32'] });
    await system.grant('203.0.113.2');
  },
  ZONE008: async ({ system }) => {
    // A zone that somebody else filled, and the first event of its ACL.
    system.okta.seedZone(SECOND_ZONE, { name: 'Other', gateways: ['8.8.8.8/32'] });
    system.redeploy({ ...TWO_ACLS, gatewayLimit: 10 });
    await system.grant('203.0.113.2', { acl: OTHER_ACL });
  },
  LIST001: list(({ knocknoc }) => knocknoc.answerWith(ACL, 503)),
  LIST002: list(({ knocknoc }) => knocknoc.answerWith(ACL, 403)),
  LIST003: list(({ knocknoc }) => knocknoc.publish(ACL, '<html></html>')),
  LIST004: list(({ allowlistSecret }) => {
    allowlistSecret.text = '{}';
  }),
  HOOK001: post(20, { body: '{}', key: WRONG_KEY }),
  HOOK002: post(5, { body: '{}', signedAt: 1_000_000_000 }),
  HOOK003: post(20, { body: '{}' }),
  HOOK004: send(5, { acl: 'unheard-of' }),
  HOOK005: send(5, { ip: '10.0.0.1' }),
  HOOK006: send(5, { expiresAt: '2020-01-01T00:00:00Z' }),
  HOOK007: async ({ system }) => {
    system.functions.events.unreachable = true;
    await system.grant('203.0.113.2');
  },
  HOOK009: (watched) => times(5, () => watched.system.ask('/webhook/events/okta-prod/never-posted'), watched),
  STORE001: withoutTable(1, async ({ system }) => void system.grant('203.0.113.2')),
  STORE002: async ({ system }) => {
    // What the webhook would have refused, put onto the queue by something else.
    const event = { type: 'access.granted', acl: ACL, ip: '10.0.0.1', webhookId: 'not-ours' } as const;
    const [timestamp, expiresAt] = [BigInt(system.clock.now()) * 1_000_000n, system.clock.now() + 3_600_000];
    await system.functions.events.send({
      body: formatQueuedEvent({ ...event, timestamp, expiresAt }),
      deduplicationId: 'not-ours',
    });
    await system.clock.advance(10_000);
  },
  'events-dead-letters': withoutTable(20, async (watched) => {
    watched.system.functions.table.unreachable = true;
    await watched.system.grant('203.0.113.2');
  }),
  'events-not-applied': withoutTable(5, async (watched) => {
    watched.system.functions.table.unreachable = true;
    await watched.system.grant('203.0.113.2');
  }),
  'events-refused': async (watched) => {
    // Whoever was let in before was let in more than an hour ago.
    await watched.minutes(61);
    await post(5, { body: '{}', key: WRONG_KEY })(watched);
  },
  'sender-clock': (watched) => {
    return watched.system.post({ body: '{}', signedAt: Math.floor(watched.now / 1000) - 31 });
  },
  'timer-queue-dead-letters': withoutTable(20, grant('203.0.113.2', { durationSeconds: 60 })),
  'zone-failures': withoutTable(2, grant('203.0.113.2')),
  'zone-iterator-age': lambda('zone', 'IteratorAge', 24, 61_000),
  'zone-errors': withoutTable(2, grant('203.0.113.2')),
  'expiry-errors': withoutTable(5),
  'webhook-errors': lambda('webhook', 'Errors', 1),
  'outcome-errors': lambda('outcome', 'Errors', 3),
  'grants-errors': lambda('grants', 'Errors', 3),
  'webhook-throttles': lambda('webhook', 'Throttles', 10),
  'outcome-throttles': lambda('outcome', 'Throttles', 10),
  'grants-throttles': lambda('grants', 'Throttles', 10),
  'expiry-throttles': lambda('expiry', 'Throttles', 10),
  'zone-throttles': lambda('zone', 'Throttles', 10),
  'tick-missing': async (watched) => {
    watched.system.functions.scheduleIsDead = true;
    await watched.minutes(11);
  },
  'zone-not-verified': async (watched) => {
    watched.system.okta.addFault({ count: 1_000, fault: { status: 503 } });
    await watched.minutes(17);
  },
  'expired-in-zone': async (watched) => {
    await watched.system.grant('203.0.113.2', { durationSeconds: 120 });
    await watched.minutes(1);
    watched.system.okta.addFault({ count: 1_000, fault: { hang: true } });
    await watched.minutes(6);
  },
  'zone-nearly-full': people(8),
};

describe('each alarm', () => {
  it('of the stack is tried here', () => {
    expect(Object.keys(TROUBLE).sort()).toEqual(alarms.map(({ name }) => name.replace('Acme-', '')).sort());
  });

  it.each(Object.entries(TROUBLE))('%s goes on with the trouble it is for, and not before', async (name, trouble) => {
    const watched = await running({ gatewayLimit: 10 });
    const before = watched.now;
    expect(alarmNamed(name).on(watched.points, before, before)).toEqual([]);
    await trouble(watched);
    await watched.minutes(2);
    expect(onSince(watched, before)).toContain(name);
  });
});

/** A system with a second ACL beside the first, each with one person in its zone. */
async function runningWithTwo(): Promise<WatchedSystem> {
  const watched = new WatchedSystem(NAMES, TWO_ACLS);
  watched.system.okta.seedZone(SECOND_ZONE, { name: 'Other', gateways: ['198.51.100.1/32'] });
  await watched.system.grant('203.0.113.1');
  await watched.system.grant('203.0.113.9', { acl: OTHER_ACL });
  await watched.minutes(FIRST_MINUTES);
  return watched;
}

describe('in normal use', () => {
  it('no alarm goes on: people come, go, stay too long, scanners knock, and nobody is there at night', async () => {
    const watched = await runningWithTwo();
    const { system } = watched;
    const from = watched.now;
    for (let hour = 0; hour < 4; hour += 1) {
      for (let n = 1; n <= 12; n += 1) {
        await system.grant(`203.0.113.${20 + n}`, { durationSeconds: 60 + 300 * n, user: 'alice@example.com' });
        await watched.minutes(2.3);
        if (n % 3 === 0) await system.revoke(`203.0.113.${20 + n}`);
        if (n % 6 === 0) await system.post({ body: '{}', headers: { 'webhook-signature': undefined } });
      }
      await system.send('access.flushed', { acl: OTHER_ACL });
      await watched.minutes(30);
    }
    system.redeploy({ ...TWO_ACLS, sentinel: '192.0.2.9/32' });
    system.okta.setToken('fresh', 'ORG_ADMIN');
    system.okta.revokeToken(TOKEN);
    system.oktaCredentials.text = 'fresh';
    await watched.minutes(180);
    expect(onSince(watched, from)).toEqual([]);
    expect(watched.points.length).toBeGreaterThan(1_000);
  });

  it('a fresh install without events rings for the token that is not set yet, and for nothing else', async () => {
    const watched = new WatchedSystem(NAMES);
    watched.system.oktaCredentials.text = undefined;
    await watched.minutes(60);
    // Before the first tick, silence is all there is.
    expect(onSince(watched, watched.now - 49 * 60_000)).toEqual(['ZONE006']);
    watched.system.oktaCredentials.text = TOKEN;
    await watched.minutes(5);
    const mended = watched.now;
    await watched.minutes(60);
    expect(onSince(watched, mended)).toEqual([]);
  });

  it('what strangers or a single slip can cause rings only from a rate on', async () => {
    const watched = await running();
    const from = watched.now;
    await post(19, { body: '{}', key: WRONG_KEY })(watched);
    await post(4, { body: '{}', signedAt: 1_000_000_000 })(watched);
    await post(19, { body: '{}' })(watched);
    await send(4, { acl: 'unheard-of' })(watched);
    await send(4, { ip: '10.0.0.1' })(watched);
    await send(4, { expiresAt: '2020-01-01T00:00:00Z' })(watched);
    await lambda('zone', 'Errors', 2)(watched);
    await lambda('webhook', 'Throttles', 9)(watched);
    await watched.minutes(20);
    expect(onSince(watched, from)).toEqual([]);
  });

  it('refusals ring sooner where nothing is accepted: not four in an hour, and not five beside one that came through', async () => {
    const watched = await running();
    await watched.minutes(61);
    const from = watched.now;
    await post(4, { body: '{}', key: WRONG_KEY })(watched);
    await watched.minutes(61);
    await post(4, { body: '{}', key: WRONG_KEY })(watched);
    await watched.system.grant('203.0.113.4');
    await post(4, { body: '{}', key: WRONG_KEY })(watched);
    await watched.minutes(2);
    expect(onSince(watched, from)).toEqual([]);
  });

  it('the clock of a sender may be off by 30 seconds', async () => {
    const watched = await running();
    const from = watched.now;
    const signedAt = Math.floor(watched.now / 1000) + 30;
    await post(1, { body: '{}', signedAt })(watched);
    await watched.minutes(20);
    expect(onSince(watched, from)).toEqual([]);
  });

  it('zones may be 80 % full', async () => {
    const watched = new WatchedSystem(NAMES, { gatewayLimit: 5 });
    await times(4, (n) => watched.system.grant(scattered(4)[n - 1] ?? ''), watched);
    await watched.minutes(FIRST_MINUTES);
    const from = watched.now;
    await watched.minutes(20);
    expect(onSince(watched, from)).toEqual([]);
  });

  it('a zone that holds nothing but its sentinel is empty', async () => {
    const watched = new WatchedSystem(NAMES, { gatewayLimit: 1 });
    await watched.system.grant('203.0.113.1', { durationSeconds: 30 });
    await watched.minutes(FIRST_MINUTES);
    const from = watched.now;
    await watched.minutes(20);
    expect(onSince(watched, from)).toEqual([]);
  });

  it('a grant whose timer is lost is out before anybody is woken', async () => {
    const watched = await running();
    watched.system.functions.timers.losesEverything = true;
    const from = watched.now;
    await times(20, (n) => watched.system.grant(`203.0.113.${50 + n}`, { durationSeconds: 60 + 7 * n }), watched);
    await watched.minutes(10);
    expect(onSince(watched, from)).toEqual([]);
  });

  it('where verifications are meant to be rare, rare ones are right', async () => {
    const rare = { verifyMinutes: 60, stackName: 'Acme' };
    const alarm = resourcesOf(templateWith(rare), 'AWS::CloudWatch::Alarm').map(([, it]) => new EvaluatedAlarm(it));
    const watched = await running(rare);
    const from = watched.now;
    await watched.minutes(150);
    const rings = () => alarm.filter((one) => one.on(watched.points, from, watched.now).length > 0);
    expect(rings()).toEqual([]);
    watched.system.functions.stream.losesEverything = true;
    await watched.minutes(100);
    expect(rings().map(({ name }) => name)).toEqual(['Acme-zone-not-verified']);
  });
});

describe('what can wait', () => {
  it.each([
    ['OKTA005', { rateLimit: { resetInSeconds: 60 } }],
    ['ZONE003', { status: 503 }],
  ])('is followed by an alarm that cannot where it lasts: %s', async (code, fault) => {
    const watched = await running();
    const from = watched.now;
    watched.system.okta.addFault({ count: 100_000, fault });
    await watched.minutes(18);
    const urgent = resourcesOf(template, 'AWS::CloudWatch::Alarm').flatMap(([, { Properties }]) =>
      JSON.stringify(Properties.AlarmActions).includes('CanWait') ? [] : [Properties.AlarmName],
    );
    const on = onSince(watched, from);
    expect(on).toContain(code);
    expect(on.filter((name) => urgent.includes(`Acme-${name}`))).toEqual(['zone-not-verified']);
  });
});

describe('an alarm on what lasts', () => {
  it('stays on without a break while ticks are up to two minutes apart, and goes off when it is mended', async () => {
    const watched = await running();
    const { system } = watched;
    const { functions } = system;
    const tick = async () => {
      functions.scheduleIsDead = false;
      const done = functions.tick();
      functions.scheduleIsDead = true;
      await done;
    };
    functions.scheduleIsDead = true;
    system.okta.revokeToken(TOKEN);
    await tick();
    await system.grant('203.0.113.2');
    const began = watched.now;
    for (let n = 0; n < 10; n += 1) {
      await watched.minutes(n % 2 === 0 ? 0.1 : 1.9);
      await tick();
    }
    const first = began + 60_000;
    const alarm = alarmNamed('OKTA001');
    const minutes = Math.floor(watched.now / 60_000) - Math.ceil(first / 60_000) + 1;
    expect(alarm.on(watched.points, first, watched.now)).toHaveLength(minutes);
    functions.scheduleIsDead = false;
    system.okta.setToken(TOKEN, 'ORG_ADMIN');
    await watched.minutes(6);
    const mended = watched.now;
    await watched.minutes(10);
    expect(alarm.on(watched.points, mended, watched.now)).toEqual([]);
  });
});

describe('the dead man’s switch', () => {
  it('notices that no tick says anything', async () => {
    const watched = await running();
    const from = watched.now;
    watched.system.functions.scheduleIsDead = true;
    await watched.minutes(7);
    expect(onSince(watched, from)).toEqual(['zone-not-verified']);
  });

  it('notices that nothing wakes the zone function any more, which no other alarm does', async () => {
    const watched = await running();
    const from = watched.now;
    watched.system.functions.stream.losesEverything = true;
    await watched.minutes(20);
    expect(onSince(watched, from)).toEqual(['zone-not-verified']);
  });

  it('notices an ACL that has events and was never once verified', async () => {
    const watched = new WatchedSystem(NAMES);
    watched.system.functions.stream.losesEverything = true;
    await watched.minutes(120);
    await watched.system.grant('203.0.113.1');
    const from = watched.now;
    await watched.minutes(14);
    expect(onSince(watched, from)).toEqual([]);
    await watched.minutes(4);
    expect(onSince(watched, from)).toEqual(['zone-not-verified']);
  });

  it('is not fooled by the other ACLs that are well, and the log says which one is not', async () => {
    const watched = await runningWithTwo();
    const from = watched.now;
    watched.system.okta.addFault({ count: 1_000, zoneId: SECOND_ZONE, fault: { status: 404 } });
    await watched.minutes(20);
    expect(onSince(watched, from)).toEqual(['ZONE001', 'zone-not-verified']);
    const warned = watched.lines.filter(({ verificationAge }) => verificationAge !== undefined);
    expect(new Set(warned.map(({ acl }) => acl))).toEqual(new Set([OTHER_ACL]));
  });

  it('counts an ACL that can’t be looked at as one that is not well', async () => {
    const watched = await runningWithTwo();
    const from = watched.now;
    const { table } = watched.system.functions;
    const get = table.get.bind(table);
    vi.spyOn(table, 'get').mockImplementation(async (key) => {
      if (key.acl === OTHER_ACL) throw new Error('this partition does not answer');
      return get(key);
    });
    await watched.minutes(8);
    expect(onSince(watched, from)).toContain('zone-not-verified');
  });
});

describe('the missing tick', () => {
  it('is noticed though messages of the timer queue go on waking the function', async () => {
    const watched = await running();
    watched.system.functions.scheduleIsDead = true;
    const from = watched.now;
    await times(150, (n) => watched.system.grant(`203.0.113.${n}`, { durationSeconds: 20 }), watched);
    const expired = watched.lines.filter(({ message }) => message === 'grant expired');
    expect(expired.length).toBeGreaterThan(100);
    expect(onSince(watched, from)).toContain('tick-missing');
  });
});

describe('the metrics that cost money', () => {
  it('are as many with two ACLs as with one', async () => {
    const count = async (start: () => Promise<WatchedSystem>) => {
      const { points } = await start();
      const own = points.filter(({ namespace }) => namespace === 'KnocknocOkta');
      return new Set(own.map(({ name, dimensions }) => JSON.stringify([name, dimensions]))).size;
    };
    const one = await count(running);
    vi.restoreAllMocks();
    expect([one, await count(runningWithTwo)]).toEqual([2, 2]);
  });
});
