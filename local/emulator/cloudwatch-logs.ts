import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  paginateDescribeLogGroups,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogLine } from '../running-system.ts';

/** A line may turn up a little after one with a later time stamp. */
const OVERLAP_MS = 5_000;
/** As many as the service gives in one answer. The emulator cuts there and says nothing of more. */
const PAGE = 10_000;
/** What Lambda itself writes around a function's lines. */
const PLATFORM = /^(INIT_START|START|END|REPORT|RESTORE_START|RESTORE_REPORT)\b.*(RequestId|Runtime Version)/;

/** Physical names of the log groups that were made for these logical ids. */
export async function findLogGroups(client: CloudWatchLogsClient, logicalIds: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, {})) {
    names.push(...logGroups.flatMap(({ logGroupName }) => logGroupName ?? []));
  }
  // CloudFormation names a resource `{stack}-{logical id}-{random}`, the emulator `…/{stack}/{logical id}`.
  return names.filter((name) => name.split(/[/-]/).some((part) => logicalIds.includes(part)));
}

/** A line as the function wrote it: the object where it is one in JSON, else its text as `message`. */
export function parseLine(text: string): LogLine | undefined {
  if (PLATFORM.test(text) || text.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Not JSON: what Node.js itself prints, such as the trace of a crash.
  }
  return { message: text.trimEnd() };
}

/** One answer of the service, see `FilterLogEvents`. */
export type ReadPage = (input: {
  readonly logGroupName: string;
  readonly startTime: number;
  readonly nextToken?: string;
}) => Promise<{ readonly events?: FilteredLogEvent[] | undefined; readonly nextToken?: string | undefined }>;

export function pagesOf(client: CloudWatchLogsClient): ReadPage {
  return (input) => client.send(new FilterLogEventsCommand(input));
}

/** Collects the lines of some log groups, each once, and reports them as they come. */
export class LogReader {
  readonly #readPage: ReadPage;
  readonly #groups: readonly Group[];
  readonly #onLine: (line: LogLine) => void;
  readonly #lines: LogLine[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(readPage: ReadPage, groups: readonly string[], onLine: (line: LogLine) => void) {
    this.#readPage = readPage;
    this.#groups = groups.map((name) => ({ name, seen: new Set(), latest: 0 }));
    this.#onLine = onLine;
  }

  /** Reads what is new. @returns all lines so far */
  async read(): Promise<readonly LogLine[]> {
    // One at a time, so that no line is reported twice; a failure is that reader's alone.
    const turn = this.#turn.then(() => this.#readNew());
    this.#turn = turn.catch(() => undefined);
    await turn;
    return [...this.#lines];
  }

  async #readNew(): Promise<void> {
    const read = await Promise.allSettled(this.#groups.map((group) => readGroup(this.#readPage, group)));
    const events = read.flatMap((group) => (group.status === 'fulfilled' ? group.value : []));
    // As if it were one log: the groups come one by one, and what follows from what shows only in order.
    for (const { message = '' } of events.toSorted((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0))) {
      const line = parseLine(message);
      if (line === undefined) continue;
      this.#lines.push(line);
      this.#onLine(line);
    }
    // Last: what the other groups gave counts as seen, and would not come again.
    const failure = read.find((group) => group.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }
}

interface Group {
  readonly name: string;
  readonly seen: Set<string>;
  /** Time of the latest event that was seen. */
  latest: number;
}

async function readGroup(readPage: ReadPage, group: Group): Promise<FilteredLogEvent[]> {
  const all: FilteredLogEvent[] = [];
  let startTime = Math.max(0, group.latest - OVERLAP_MS);
  let latest = group.latest;
  let nextToken: string | undefined;
  const seen = new Set(group.seen);
  for (let more = true; more; ) {
    const input = { logGroupName: group.name, startTime, ...(nextToken === undefined ? {} : { nextToken }) };
    const page = await readPage(input);
    const events = page.events ?? [];
    const fresh = unseen(events, seen);
    all.push(...fresh);
    latest = Math.max(latest, ...fresh.map(({ timestamp = 0 }) => timestamp));
    nextToken = page.nextToken;
    const cut = nextToken === undefined && events.length >= PAGE && fresh.length > 0;
    if (cut) startTime = latest;
    more = cut || nextToken !== undefined;
  }
  // Only now: lines of a reading that failed on the way are to come again.
  for (const key of seen) group.seen.add(key);
  group.latest = latest;
  return all;
}

/** The events that are new, which are remembered. The emulator gives them no id, so place stands in for it. */
export function unseen(events: readonly FilteredLogEvent[], seen: Set<string>): FilteredLogEvent[] {
  const counts = new Map<string, number>();
  return events.filter(({ eventId, logStreamName, timestamp }) => {
    const moment = `${logStreamName} ${timestamp}`;
    const count = counts.get(moment) ?? 0;
    counts.set(moment, count + 1);
    const key = eventId ?? `${moment} ${count}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
