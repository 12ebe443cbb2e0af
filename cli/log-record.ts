import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { AUDIT } from '../lib/names.ts';
import { filteredLines } from './filtered-lines.ts';
import type { LogLine } from './flow.ts';

/** What the functions have logged of events, grants and zones, and what failed. */
export interface LogRecord {
  /**
   * @param since from when on, and `until` when, in milliseconds since the epoch
   * @returns the lines in any order; where there are more than anybody waits for, only those since a later moment
   */
  lines(since: number, until: number): Promise<{ readonly lines: readonly LogLine[]; readonly since: number }>;
  /** When it was deployed last, in milliseconds since the epoch. */
  readonly deployedAt: number;
}

const ACTIONS = Object.values(AUDIT).map((action) => `($.action = "${action}")`);
const CODES = ['HOOK', 'OKTA', 'ZONE', 'STORE', 'LIST'].map((family) => `($.code = "${family}*")`);
const PATTERN = `{ ${[...ACTIONS, ...CODES].join(' || ')} }`;
/** The newest lines are read first, in parts of this length. */
const PART_MS = 6 * 3_600_000;
/** Of each group and part; a part that has more is left out, with all before it. */
const MOST_PAGES = 40;

/** The record of a deployed stack, in CloudWatch Logs. @param groups the log groups of its functions */
export function cloudWatchRecord(
  client: CloudWatchLogsClient,
  groups: readonly string[],
  deployedAt: number,
): LogRecord {
  return {
    deployedAt,
    lines: async (since, until) => {
      const lines: LogLine[] = [];
      for (let end = until; end >= since; end -= PART_MS) {
        const start = Math.max(since, end - PART_MS + 1);
        const query = { filterPattern: PATTERN, start, end, mostPages: MOST_PAGES };
        const parts = await Promise.all(
          groups.map((logGroupName) => filteredLines(client, { logGroupName, ...query })),
        );
        if (parts.some((part) => part === undefined)) return { lines, since: end };
        for (const part of parts) lines.push(...(part ?? []));
      }
      return { lines, since };
    },
  };
}

/** The record of a local run: what its functions have said, as far as it is kept. */
export function keptRecord(lines: () => readonly LogLine[], deployedAt: number): LogRecord {
  return {
    deployedAt,
    lines: async (since, until) => ({
      since,
      lines: lines().filter((line) => {
        const at = Date.parse(String(line.timestamp));
        return at >= since && at <= until && (line.action !== undefined || line.code !== undefined);
      }),
    }),
  };
}
