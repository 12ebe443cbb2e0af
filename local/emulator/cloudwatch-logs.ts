import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  type FilterLogEventsCommandOutput,
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

/** Collects the lines of some log groups, each once, and reports them as they come. */
export class LogReader {
  readonly #client: CloudWatchLogsClient;
  readonly #groups: readonly { readonly name: string; readonly seen: Set<string>; latest: number }[];
  readonly #onLine: (line: LogLine) => void;
  readonly #lines: LogLine[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(client: CloudWatchLogsClient, groups: readonly string[], onLine: (line: LogLine) => void) {
    this.#client = client;
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
    const fresh = await Promise.all(this.#groups.map((group) => this.#readGroup(group)));
    // As if it were one log: the groups come one by one, and what follows from what shows only in order.
    const events = fresh.flat().toSorted((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
    for (const { message = '' } of events) {
      const line = parseLine(message);
      if (line === undefined) continue;
      this.#lines.push(line);
      this.#onLine(line);
    }
  }

  async #readGroup(group: { readonly name: string; readonly seen: Set<string>; latest: number }) {
    const all: FilteredLogEvent[] = [];
    const startTime = Math.max(0, group.latest - OVERLAP_MS);
    let nextToken: string | undefined;
    let more = false;
    do {
      const place = nextToken === undefined ? { startTime: more ? group.latest : startTime } : { startTime, nextToken };
      const command = new FilterLogEventsCommand({ logGroupName: group.name, ...place });
      const page: FilterLogEventsCommandOutput = await this.#client.send(command);
      const events = page.events ?? [];
      const fresh = unseen(events, group.seen);
      all.push(...fresh);
      for (const { timestamp = 0 } of fresh) group.latest = Math.max(group.latest, timestamp);
      nextToken = page.nextToken;
      more = events.length >= PAGE && fresh.length > 0;
    } while (nextToken !== undefined || more);
    return all;
  }
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
