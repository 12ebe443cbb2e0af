import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { LogLine } from './flow.ts';

/** Which lines of one log group, from `start` to `end`, edges included, in milliseconds since the epoch. */
export interface LineQuery {
  readonly logGroupName: string;
  readonly filterPattern: string;
  readonly start: number;
  readonly end?: number;
  /** Answers of the service, each with up to 10,000 lines, or none while it searches. */
  readonly mostPages: number;
}

/** @returns the lines that are JSON objects, oldest first; undefined where there are more than anybody waits for */
export async function filteredLines(
  client: CloudWatchLogsClient,
  { logGroupName, filterPattern, start, end, mostPages }: LineQuery,
): Promise<LogLine[] | undefined> {
  const lines: LogLine[] = [];
  let nextToken: string | undefined;
  for (let page = 1; page <= mostPages; page += 1) {
    const answer = await client.send(
      new FilterLogEventsCommand({
        ...{ logGroupName, startTime: start, filterPattern },
        ...(end !== undefined && { endTime: end }),
        ...(nextToken !== undefined && { nextToken }),
      }),
    );
    lines.push(...(answer.events ?? []).flatMap(({ message = '' }) => parsed(message)));
    nextToken = answer.nextToken;
    if (nextToken === undefined) return lines;
  }
  return undefined;
}

function parsed(message: string): LogLine[] {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === 'object' && value !== null ? [{ ...value }] : [];
  } catch {
    return []; // What Lambda and Node.js print themselves.
  }
}
