import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { AUDIT } from '../lib/names.ts';
import { filteredLines } from './filtered-lines.ts';
import type { LogLine } from './flow.ts';

/** What an answer of the webhook leaves: an accepted event, or a code. An emulator may not know such patterns. */
const PATTERN = `{ ($.action = "${AUDIT.accepted}") || ($.code = "HOOK*") }`;
const MINUTE_MS = 60_000;
/** An hour; only what came just now where that is more than a person waits for, as in a flood. */
const WINDOWS_MINUTES = [60, 5, 1] as const;
const MOST_PAGES = 15;

/** Lines of the webhook's log, as far back as a person waits for. */
export interface WebhookLog {
  readonly lines: readonly LogLine[];
  /** From when on they are all there, in milliseconds since the epoch. */
  readonly since: number;
}

/** What the webhook has accepted and refused in the last hour. @returns undefined where not even a minute can be read */
export async function readWebhookLog(
  client: CloudWatchLogsClient,
  logGroupName: string,
  now: number,
): Promise<WebhookLog | undefined> {
  for (const minutes of WINDOWS_MINUTES) {
    const start = now - minutes * MINUTE_MS;
    const lines = await filteredLines(client, { logGroupName, filterPattern: PATTERN, start, mostPages: MOST_PAGES });
    if (lines) return { lines, since: start };
  }
  return undefined;
}
