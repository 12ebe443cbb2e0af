import { beforeEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/grants.ts';
import { GrantBook } from '../../lib/grant-book.ts';
import type { Table } from '../../lib/ports.ts';
import { formatQueuedEvent } from '../../lib/queue-message.ts';
import { fifoEvent, lambdaContext } from '../../local/stand-ins/aws-events.ts';
import { logTelemetry } from '../../local/stand-ins/log-telemetry.ts';
import { MemoryTable } from '../../local/stand-ins/memory-table.ts';
import { granted, NOW, revoked } from '../helpers/events.ts';
import { FaultyTable } from '../helpers/faulty-table.ts';
import { VirtualTimers } from '../helpers/virtual-timers.ts';

const [ALICE, BOB, CAROL] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'];

function aHandler(table: Table) {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const letters: string[] = [];
  const alarms: { body: string; delaySeconds: number }[] = [];
  const book = new GrantBook(table);
  const handler = createHandler(() => ({
    clock: new VirtualTimers(NOW),
    grants: book,
    alarms: { send: async (messages) => void alarms.push(...messages) },
    deadLetters: { send: async ({ body }) => void letters.push(body) },
    telemetry: logTelemetry(
      'grants',
      () => NOW,
      (line) => lines.push(line),
    ),
  }));
  const deliver = async (bodies: readonly string[]) => {
    const batch = bodies.map((body, i) => ({ messageId: `m${i + 1}`, body, sequence: String(i + 1), receives: 1 }));
    const answer = await handler(
      fifoEvent(batch),
      lambdaContext('grants', 'r', () => 15_000),
    );
    return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  const live = async () => (await book.live('okta-prod', NOW)).map(({ ip }) => ip).sort();
  return { deliver, live, lines, letters, alarms };
}

describe('a batch of the FIFO queue', () => {
  let table: FaultyTable;
  beforeEach(() => {
    table = new FaultyTable(new MemoryTable());
  });
  const grants = [ALICE, BOB, CAROL].map((ip) => formatQueuedEvent(granted(ip, 1)));

  it('is applied whole and in order', async () => {
    const { deliver, live } = aHandler(table);
    expect(await deliver([...grants, formatQueuedEvent(revoked(ALICE, 1))])).toEqual([]);
    expect(await live()).toEqual([BOB, CAROL]);
  });

  it('stops at the first failure, and reports it and all after it', async () => {
    const { deliver, live, lines } = aHandler(table);
    table.crashAt = 2;
    expect(await deliver(grants)).toEqual(['m2', 'm3']);
    expect(await live()).toEqual([ALICE]);
    expect(lines.flatMap(({ code }) => code ?? [])).toEqual(['STORE001']);
  });

  it('reports all of it when the first fails, instead of failing as a whole or claiming success', async () => {
    const { deliver } = aHandler(table);
    table.crashAt = 1;
    expect(await deliver(grants)).toEqual(['m1', 'm2', 'm3']);
  });

  it.each(['not json', '{}', '{"version":2}', '', formatQueuedEvent(granted(ALICE, 1)).replace('"ip"', '"pi"')])(
    'sets aside at once what is no event (%s), and goes on with the rest',
    async (poison) => {
      const { deliver, live, letters, lines } = aHandler(table);
      expect(await deliver([grants[0] ?? '', poison, grants[2] ?? ''])).toEqual([]);
      expect(await live()).toEqual([ALICE, CAROL]);
      expect(letters).toEqual([poison]);
      expect(lines.flatMap(({ code }) => code ?? [])).toEqual(['STORE001']);
    },
  );

  it('reads a message with fields it does not know: messages outlive a deploy', async () => {
    const { deliver, live } = aHandler(table);
    await deliver([(grants[0] ?? '').replace('{', '{"new":1,')]);
    expect(await live()).toEqual([ALICE]);
  });

  it('arms the alarm of a grant that is shorter than two ticks before it is stored', async () => {
    const { deliver, live, alarms } = aHandler(table);
    table.crashAt = 1;
    await deliver([formatQueuedEvent(granted(ALICE, 0, { expiresAt: NOW + 90_500 }))]);
    expect(await live()).toEqual([]);
    expect(alarms.map(({ delaySeconds }) => delaySeconds)).toEqual([91]);
  });
});
