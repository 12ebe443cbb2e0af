import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StackDescription } from '../../cli/stack-description.ts';
import { DEAD_LETTER_QUEUES, stackFacts } from '../../cli/stack-facts.ts';
import { EVERYTHING_SET, resourcesOf, templateWith } from '../cdk/synthesised.ts';
import { configOf } from '../helpers/events.ts';
import { type Answering, startFakeAws } from '../helpers/fake-aws.ts';

const TYPES = [
  'AWS::Lambda::Function',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Scheduler::Schedule',
  'AWS::SQS::Queue',
  'AWS::Logs::LogGroup',
  'AWS::CloudWatch::Alarm',
];

/** The stack as it would be deployed: every resource has its logical id as its name. */
function deployed(status = 'UPDATE_COMPLETE', template = templateWith()): StackDescription {
  const resources = TYPES.flatMap((type) =>
    resourcesOf(template, type).map(([logicalId]) => ({ type, logicalId, physicalId: logicalId })),
  );
  const stack = {
    name: 'KnocknocOkta',
    status,
    region: 'eu-west-1',
    account: '111122223333',
    version: '1.2.3',
    deployedAt: 0,
  };
  return { ...stack, outputs: {}, resources, config: configOf() };
}

describe('the queues that are looked at', () => {
  it('are all those of the stack that letters end in, each once', () => {
    const queues = resourcesOf(templateWith(EVERYTHING_SET), 'AWS::SQS::Queue').map(([id, { Properties }]) => ({
      id,
      Properties,
    }));
    const sources = queues.filter(({ Properties }) => Properties.RedrivePolicy !== undefined);
    expect(sources.length).toBeGreaterThan(0);
    const ends = queues.filter(({ id }) => !sources.some((source) => source.id === id)).map(({ id }) => id);
    const looked = DEAD_LETTER_QUEUES.map(([prefix]) => ends.filter((id) => id.startsWith(prefix)));
    expect(looked.map((ids) => ids.length)).toEqual(DEAD_LETTER_QUEUES.map(() => 1));
    expect(looked.flat().toSorted()).toEqual(ends.toSorted());
  });
});

describe('what AWS says of a stack', () => {
  let aws: Awaited<ReturnType<typeof startFakeAws>>;
  let answering: Answering;
  beforeAll(async () => {
    aws = await startFakeAws((call) => answering(call));
  });
  afterAll(() => aws.close());
  afterEach(() => vi.unstubAllEnvs());

  const factsOf = (stack: StackDescription) =>
    stackFacts(stack, {
      ...{ endpoint: aws.url, region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
    });
  const facts = (status?: string) => factsOf(deployed(status));
  const healthy: Answering = ({ operation }) => {
    if (operation.includes('/event-source-mappings/')) return { body: { State: 'Enabled' } };
    if (operation.includes('/functions/')) return { body: { State: 'Active', LastUpdateStatus: 'Successful' } };
    return { body: { Attributes: { ApproximateNumberOfMessages: '0' } } };
  };

  it('is in order when all of it is: the stack, its functions, and the triggers of three', async () => {
    answering = healthy;
    const parts = await facts().parts();
    expect(parts.map(({ name }) => name).toSorted()).toEqual([
      'expiry function',
      'grants function',
      'outcome function',
      'stack KnocknocOkta',
      'trigger of the expiry function',
      'trigger of the grants function',
      'trigger of the zone function',
      'webhook function',
      'zone function',
    ]);
    expect(parts.filter(({ usable }) => !usable)).toEqual([]);
  });

  it('is broken where any function is, whatever the configuration adds, in any order', async () => {
    const whole = deployed(undefined, templateWith(EVERYTHING_SET));
    const functions = whole.resources.filter(({ type }) => type === 'AWS::Lambda::Function');
    expect(functions.length).toBe(8);
    const told: string[] = [];
    for (const { physicalId } of functions) {
      answering = (call) =>
        call.operation.includes(`/functions/${physicalId}/`) ? { body: { State: 'Failed' } } : healthy(call);
      const parts = await factsOf({ ...whole, resources: whole.resources.toReversed() }).parts();
      told.push(...parts.filter(({ usable }) => !usable).map(({ name }) => name));
    }
    expect(told.toSorted()).toEqual([
      'allowlist reader function',
      'expiry function',
      'grants function',
      'outcome function',
      'policies function',
      'webhook function',
      'webhook gatekeeper function',
      'zone function',
    ]);
  });

  it('says nothing of functions that the CDK has made for itself in a customer’s stack', async () => {
    answering = (call) =>
      /LogRetention|CustomS3|framework/.test(call.operation) ? { status: 404, body: {} } : healthy(call);
    const ids = [
      'LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8aFD4BFC8A',
      'CustomS3AutoDeleteObjectsCustomResourceProviderHandler9D90184F',
      'AcmeProviderframeworkonEvent83C1D0A7',
    ];
    const more = ids.map((id) => ({ type: 'AWS::Lambda::Function', logicalId: id, physicalId: id }));
    const stack = deployed();
    const parts = await factsOf({ ...stack, resources: [...more, ...stack.resources] }).parts();
    expect(parts).toHaveLength(9);
  });

  it.each([
    ['a function that could not start', 'Zone', { State: 'Failed', StateReason: 'out of space' }, 'zone function'],
    ['an update that failed', 'Grants', { State: 'Active', LastUpdateStatus: 'Failed' }, 'grants function'],
    ['a mapping that is off', 'event-source-mappings/Zone', { State: 'Disabled' }, 'trigger of the zone function'],
    [
      'a mapping that has trouble',
      'event-source-mappings/Grants',
      { State: 'Enabled', LastProcessingResult: 'PROBLEM: function call failed' },
      'trigger of the grants function',
    ],
  ])('shows %s', async (_, path, body, name) => {
    answering = (call) => {
      const isMapping = path.startsWith('event-source');
      const hit = isMapping ? call.operation.includes(path) : call.operation.includes(`/functions/${path}`);
      return hit ? { body } : healthy(call);
    };
    const broken = (await facts().parts()).filter(({ usable }) => !usable);
    expect(broken.map((part) => part.name)).toEqual([name]);
  });

  it.each(['UPDATE_ROLLBACK_FAILED', 'DELETE_IN_PROGRESS', 'ROLLBACK_COMPLETE'])(
    'shows a stack that is %s',
    async (status) => {
      answering = healthy;
      const broken = (await facts(status).parts()).filter(({ usable }) => !usable);
      expect(broken).toEqual([{ name: 'stack KnocknocOkta', state: `${status}, version 1.2.3`, usable: false }]);
    },
  );

  it('counts dead letters, those that somebody is reading included', async () => {
    answering = (call) =>
      String(call.input.QueueUrl).startsWith('GrantsEvents')
        ? { body: { Attributes: { ApproximateNumberOfMessages: '2', ApproximateNumberOfMessagesNotVisible: '1' } } }
        : healthy(call);
    expect(await facts().deadLetters()).toEqual([
      { queue: 'events', messages: 3 },
      { queue: 'timers', messages: 0 },
      { queue: 'zone failures', messages: 0 },
    ]);
  });

  describe('of the minute tick', () => {
    const minutesAgo = (minutes: number) => Date.now() - minutes * 60_000;
    const ticks = (Datapoints: readonly object[], deployedAt: number, emulator = {}) => {
      answering = ({ operation }) => ({
        body: operation === 'GetMetricStatistics' ? { Datapoints } : { State: 'ENABLED' },
      });
      const here = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
      // Without an endpoint in its settings it is AWS; the SDK finds the fake by itself.
      vi.stubEnv('AWS_ENDPOINT_URL', aws.url);
      return stackFacts({ ...deployed(), deployedAt }, { ...here, ...emulator }).schedule();
    };

    it.each([
      ['counts it', [{ Sum: 6 }, { Sum: 4 }], 60, 10],
      ['knows that it does not come: AWS has no numbers of what is not invoked', [], 60, 0],
      ['does not expect it of a stack that was just deployed', [], 5, undefined],
      ['counts it of a stack that was just deployed', [{ Sum: 2 }], 5, 2],
    ])('%s', async (_, numbers, minutes, recentInvocations) => {
      expect(await ticks(numbers, minutesAgo(minutes))).toEqual({ enabled: true, recentInvocations });
    });

    it('says nothing of it on an emulator, which has no numbers', async () => {
      const told = await ticks([], minutesAgo(60), { endpoint: aws.url });
      expect(told).toEqual({ enabled: true, recentInvocations: undefined });
    });
  });

  it('says how events come in: by the log of the webhook, whole, and by the queue', async () => {
    const timestamp = new Date(Date.now() - 5_000).toISOString();
    const said = (...lines: readonly object[]) => lines.map((line) => ({ message: JSON.stringify(line) }));
    const pages: Readonly<Record<string, object>> = {
      first: {
        events: [...said({ timestamp, action: 'event-accepted', position: '1' }), { message: 'START RequestId: 1' }],
        nextToken: 'second',
      },
      second: { events: said({ timestamp, code: 'HOOK001' }) },
    };
    answering = ({ operation, input }) =>
      operation === 'FilterLogEvents'
        ? { body: pages[String(input.nextToken ?? 'first')] }
        : { body: { Attributes: { ApproximateNumberOfMessages: '1', ApproximateNumberOfMessagesNotVisible: '1' } } };
    expect(await facts().flow()).toMatchObject({ accepted: 1, refused: [{ code: 'HOOK001', count: 1 }], waiting: 2 });
    const asked = aws.calls.filter(({ operation }) => operation === 'FilterLogEvents').map(({ input }) => input);
    expect(asked.map(({ logGroupName }) => String(logGroupName).replace(/[0-9A-F]{8}$/, ''))).toEqual([
      'WebhookLogs',
      'WebhookLogs',
    ]);
  });

  it('counts a shorter time where an hour has more lines than anybody waits for', async () => {
    answering = ({ operation, input }) => {
      if (operation !== 'FilterLogEvents') return { body: { Attributes: {} } };
      const isHour = Date.now() - Number(input.startTime) > 3_000_000;
      return { body: { events: [], ...(isHour && { nextToken: 'more' }) } };
    };
    const { since } = await facts().flow();
    expect(Math.round((Date.now() - since) / 60_000)).toBe(5);
  });

  it('counts nothing where not even a minute can be read', async () => {
    answering = ({ operation }) => ({
      body: operation === 'FilterLogEvents' ? { events: [], nextToken: 'more' } : { Attributes: {} },
    });
    await expect(facts().flow()).rejects.toThrow('too many lines to read in time');
  });

  it('says which alarms of its own are on, whether it may see who has subscribed or not', async () => {
    const stack = { ...deployed(), outputs: { AlarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:alarms' } };
    const [alarm] = stack.resources.filter(({ type }) => type === 'AWS::CloudWatch::Alarm');
    const on = { AlarmName: alarm?.physicalId, AlarmDescription: 'It is on.', StateValue: 'ALARM' };
    const message = 'not authorized to perform sns:ListSubscriptionsByTopic';
    answering = ({ operation }) =>
      operation === 'DescribeAlarms'
        ? { body: { MetricAlarms: [on, { ...on, AlarmName: 'KnocknocOkta-of-another' }] } }
        : {
            status: 403,
            body: `<ErrorResponse><Error><Code>AuthorizationError</Code><Message>${message}</Message></Error></ErrorResponse>`,
          };
    const { alarmsOn, alarmTopics } = factsOf(stack);
    expect(await alarmsOn()).toEqual([{ name: alarm?.physicalId, description: 'It is on.' }]);
    await expect(alarmTopics()).rejects.toThrow('sns:ListSubscriptionsByTopic');
  });

  it('says when AWS does not allow it', async () => {
    const body = {
      __type: 'AccessDeniedException',
      message: 'not authorized to perform lambda:GetFunctionConfiguration',
    };
    answering = () => ({ status: 403, body });
    await expect(facts().parts()).rejects.toThrow('lambda:GetFunctionConfiguration');
  });
});
