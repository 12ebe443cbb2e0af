import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';
import { LogReader, parseLine, type ReadPage, unseen } from '../../local/emulator/cloudwatch-logs.ts';
import type { LogLine } from '../../local/running-system.ts';

/** A group that gives no ids and cuts long answers short without a word, as the emulator does. */
class FakeLogs {
  readonly events: Record<string, FilteredLogEvent[]> = {};
  failing = new Set<string>();
  limit = 10_000;

  write(group: string, timestamp: number, ...messages: string[]): void {
    this.events[group] ??= [];
    this.events[group].push(
      ...messages.map((message) => ({ logStreamName: `stream ${timestamp}`, timestamp, message })),
    );
    this.events[group].sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
  }

  readonly readPage: ReadPage = async ({ logGroupName, startTime }) => {
    if (this.failing.has(logGroupName)) throw new Error(`${logGroupName} is not there`);
    const events = this.events[logGroupName] ?? [];
    return { events: events.filter(({ timestamp = 0 }) => timestamp >= startTime).slice(0, this.limit) };
  };
}

function readerOf(logs: FakeLogs, ...groups: string[]) {
  const reported: LogLine[] = [];
  return { reader: new LogReader(logs.readPage, groups, (line) => reported.push(line)), reported };
}

const texts = (lines: readonly LogLine[]) => lines.map(({ message }) => message);

describe('a line of a log', () => {
  it('is the object that it holds', () => {
    expect(parseLine('{"level":"INFO","message":"event applied"}')).toEqual({
      level: 'INFO',
      message: 'event applied',
    });
  });

  it.each(['Error: what Node.js prints', '"text"', '[1]', 'null', '{"cut off'])(
    'is its text where it is %j',
    (text) => {
      expect(parseLine(`${text}\n`)).toEqual({ message: text });
    },
  );

  it.each([
    'START RequestId: 5171ee6d-3f39-4339-a3bb-ee3c52771898 Version: $LATEST',
    'END RequestId: 5171ee6d-3f39-4339-a3bb-ee3c52771898',
    'REPORT RequestId: 5171ee6d-3f39-4339-a3bb-ee3c52771898\tDuration: 28 ms\tBilled Duration: 28 ms',
    'INIT_START Runtime Version: nodejs:24.v1\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:1',
    ' ',
  ])('of the platform (%j) is none', (text) => {
    expect(parseLine(text)).toBeUndefined();
  });
});

describe('events without an id', () => {
  it('are told apart by their place among those of a stream and a moment', () => {
    const seen = new Set<string>();
    const event = { logStreamName: 'a', timestamp: 1, message: 'same' };
    expect(unseen([event, event], seen)).toHaveLength(2);
    expect(unseen([event, event, { ...event, logStreamName: 'b' }], seen)).toEqual([{ ...event, logStreamName: 'b' }]);
  });
});

describe('the reader of logs', () => {
  it('reports each line once, with all groups in order of time', async () => {
    const logs = new FakeLogs();
    const { reader, reported } = readerOf(logs, 'webhook', 'zone');
    logs.write('webhook', 1_000, 'accepted', 'accepted');
    logs.write('zone', 3_000, 'updated');
    logs.write('webhook', 4_000, 'later');
    expect(texts(await reader.read())).toEqual(['accepted', 'accepted', 'updated', 'later']);
    logs.write('zone', 9_000, 'expired');
    expect(texts(await reader.read())).toEqual(['accepted', 'accepted', 'updated', 'later', 'expired']);
    expect(await reader.read()).toEqual(reported);
  });

  it('finds a line that turns up behind later ones', async () => {
    const logs = new FakeLogs();
    const { reader } = readerOf(logs, 'zone');
    logs.write('zone', 10_000, 'second');
    await reader.read();
    logs.write('zone', 9_000, 'first, but late');
    expect(texts(await reader.read())).toEqual(['second', 'first, but late']);
  });

  it('reports no line twice when several ask at once', async () => {
    const logs = new FakeLogs();
    const { reader, reported } = readerOf(logs, 'zone');
    logs.write('zone', 1_000, 'a', 'b');
    await Promise.all([reader.read(), reader.read(), reader.read()]);
    expect(texts(reported)).toEqual(['a', 'b']);
  });

  it('reads on where an answer was cut short', async () => {
    const logs = new FakeLogs();
    const { reader, reported } = readerOf(logs, 'zone');
    for (let second = 0; second < 25; second += 1) {
      logs.write('zone', second * 1_000, ...Array.from({ length: 1_000 }, (_, n) => `${second} ${n}`));
    }
    await reader.read();
    expect(reported).toHaveLength(25_000);
    expect(new Set(texts(reported)).size).toBe(25_000);
  });

  it('loses nothing by a failure', async () => {
    const logs = new FakeLogs();
    const { reader, reported } = readerOf(logs, 'webhook', 'zone');
    logs.write('webhook', 1_000, 'accepted');
    logs.write('zone', 2_000, 'updated');
    logs.failing.add('zone');
    await expect(reader.read()).rejects.toThrow('zone is not there');
    expect(texts(reported)).toEqual(['accepted']);
    logs.failing.clear();
    expect(texts(await reader.read())).toEqual(['accepted', 'updated']);
  });

  it('follows the tokens of a service that gives some', async () => {
    const pages = [
      { events: [{ eventId: '1', message: 'a' }], nextToken: 'more' },
      { events: [{ eventId: '2', message: 'b' }] },
    ];
    const tokens: (string | undefined)[] = [];
    const reader = new LogReader(
      async ({ nextToken }) => {
        tokens.push(nextToken);
        return pages[nextToken === undefined ? 0 : 1] ?? {};
      },
      ['zone'],
      () => {},
    );
    expect(texts(await reader.read())).toEqual(['a', 'b']);
    expect(texts(await reader.read())).toEqual(['a', 'b']);
    expect(tokens).toEqual([undefined, 'more', undefined, 'more']);
  });
});
