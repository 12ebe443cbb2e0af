import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { LogLine, Progress } from '../running-system.ts';
import { findLogGroups, LogReader, pagesOf } from './cloudwatch-logs.ts';
import type { AwsClientConfig } from './environment.ts';

const READ_EVERY_MS = 1_000;

/** Reports lines as they come. */
export interface LogFollower {
  /** All lines so far, those of this moment included. */
  lines(): Promise<readonly LogLine[]>;
  stop(): Promise<void>;
}

/** Follows the logs of the stack's functions. @param logicalIds of their log groups */
export async function followLogs(
  aws: AwsClientConfig,
  logicalIds: readonly string[],
  progress: Progress,
): Promise<LogFollower> {
  const client = new CloudWatchLogsClient(aws);
  const stopped = new AbortController();
  let last: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const stop = async () => {
    stopped.abort();
    clearTimeout(timer);
    await last;
    client.destroy();
  };
  try {
    const reader = new LogReader(pagesOf(client), await findLogGroups(client, logicalIds), (line) => {
      if (!stopped.signal.aborted) progress.line(line);
    });
    let failing = false;
    const follow = async () => {
      try {
        await reader.read();
        failing = false;
      } catch (error) {
        // Said once; the next reading brings what this one did not.
        if (!failing && !stopped.signal.aborted) progress.step(`the functions' logs cannot be read: ${error}`);
        failing = true;
      }
      if (!stopped.signal.aborted) timer = setTimeout(next, READ_EVERY_MS);
    };
    const next = () => {
      last = follow();
    };
    next();
    return { lines: () => reader.read(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
