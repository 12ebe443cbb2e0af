import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { AUDIT } from '../lib/names.ts';
import { CliFailure } from './cli-failure.ts';
import type { LogLine } from './flow.ts';

/** What an answer of the webhook leaves: an accepted event, or a code. An emulator may not know such patterns. */
const PATTERN = `{ ($.action = "${AUDIT.accepted}") || ($.code = "HOOK*") }`;
const MINUTE_MS = 60_000;
/** An hour; only what came just now where that is more than a person waits for, as in a flood. */
const WINDOWS_MINUTES = [60, 5, 1] as const;
/** Answers of the service, each with up to 10,000 lines, or none while it searches. */
const MOST_PAGES = 15;

/** Lines of the webhook's log, as far back as a person waits for. */
export interface WebhookLog {
  readonly lines: readonly LogLine[];
  /** From when on they are all there, in milliseconds since the epoch. */
  readonly since: number;
}

/** What the webhook has accepted and refused in the last hour. @throws {CliFailure} where not even a minute can be read */
export async function readWebhookLog(
  client: CloudWatchLogsClient,
  logGroupName: string,
  now: number,
): Promise<WebhookLog> {
  for (const minutes of WINDOWS_MINUTES) {
    const since = now - minutes * MINUTE_MS;
    const lines = await linesSince(client, logGroupName, since);
    if (lines) return { lines, since };
  }
  throw new CliFailure('the log of the webhook is longer than anybody waits for');
}

/** @returns undefined where there are too many */
async function linesSince(
  client: CloudWatchLogsClient,
  logGroupName: string,
  startTime: number,
): Promise<LogLine[] | undefined> {
  const lines: LogLine[] = [];
  let nextToken: string | undefined;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const answer = await client.send(
      new FilterLogEventsCommand({
        ...{ logGroupName, startTime, filterPattern: PATTERN },
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
