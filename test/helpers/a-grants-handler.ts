import { createHandler } from '../../functions/grants.ts';
import { GrantBook } from '../../lib/grants/grant-book.ts';
import { formatQueuedEvent, type QueuedEvent } from '../../lib/grants/queue-message.ts';
import type { Fields, SetAside } from '../../lib/ports.ts';
import { fifoEvent, lambdaContext } from '../../local/stand-ins/aws-events.ts';
import { logTelemetry } from '../../local/stand-ins/log-telemetry.ts';
import { MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { VirtualClock } from '../../local/stand-ins/virtual-clock.ts';
import { ACL, configOf, NOW } from './events.ts';
import { FaultyTable } from './faulty-table.ts';

/** The grants function by itself, over a table that can die at a write. */
export function aGrantsHandler() {
  const table = new FaultyTable(new MemoryTable());
  const lines: Fields[] = [];
  const letters: string[] = [];
  const setAside: SetAside[] = [];
  const timers: { readonly body: string; readonly delaySeconds: number }[] = [];
  /** An error to be thrown instead of setting a letter aside; how often messages were received, all or one by one; the time that is left. */
  const faults: { deadLetters?: Error; receives?: number | readonly number[]; remainingMs?: number } = {};
  const config = configOf();
  const telemetry = logTelemetry(
    'grants',
    () => NOW,
    (line) => lines.push(line),
  );
  const book = new GrantBook(table, config, telemetry);
  const deps = {
    config,
    clock: new VirtualClock(NOW),
    grants: book,
    timers: { send: async (messages: typeof timers) => void timers.push(...messages) },
    deadLetters: {
      send: async (letter: SetAside) => {
        if (faults.deadLetters) throw faults.deadLetters;
        letters.push(letter.body);
        setAside.push(letter);
      },
    },
    telemetry,
  };
  const handler = createHandler(() => deps);
  let delivered = 0;
  return {
    ...{ table, lines, letters, setAside, timers, faults, book, clock: deps.clock },
    /** One batch: events, or the text of messages. @returns the ids (m1, m2, ...) of those reported as failed */
    deliver: async (...messages: readonly (QueuedEvent | string)[]) => {
      const receives = [faults.receives ?? 1].flat();
      const batch = messages.map((message, i) => ({
        messageId: `m${i + 1}`,
        body: typeof message === 'string' ? message : formatQueuedEvent(message),
        sequenceNumber: String(delivered + i + 1),
        receives: receives[i] ?? receives[0] ?? 1,
      }));
      delivered += batch.length;
      const answer = await handler(
        fifoEvent(batch),
        lambdaContext('grants', 'request-1', () => faults.remainingMs ?? 15_000),
      );
      return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    },
    live: async () => (await book.live(ACL, NOW)).map(({ ip }) => ip).sort(),
    codes: () => lines.flatMap(({ code }) => code ?? []),
  };
}
