import { beforeEach, describe, expect, it } from 'vitest';
import { guardedTelemetry } from '../../lib/guarded-telemetry.ts';
import { KnownSecrets } from '../../lib/known-secrets.ts';
import type { Fields, Telemetry } from '../../lib/ports.ts';
import { logTelemetry } from '../../local/stand-ins/log-telemetry.ts';
import { NOW } from '../helpers/events.ts';

const TOKEN = 'a-token-that-nobody-may-see';
let lines: Fields[];
let telemetry: Telemetry;
beforeEach(() => {
  lines = [];
  const secrets = new KnownSecrets();
  secrets.remember(TOKEN);
  telemetry = guardedTelemetry(
    logTelemetry(
      'zone',
      () => NOW,
      (line) => lines.push(line),
    ),
    secrets,
  );
});

describe('a line of the log', () => {
  it('holds no secret, wherever it was put', () => {
    telemetry.begin({ awsRequestId: TOKEN });
    telemetry.info(`said ${TOKEN}`, { user: TOKEN, list: [TOKEN, { deep: TOKEN }] });
    telemetry.warn('failed', { reason: `Error: ${TOKEN}` });
    telemetry.error('ZONE003', `answered ${TOKEN}`, { oktaCauses: [`x ${TOKEN}`] });
    expect(JSON.stringify(lines)).not.toContain(TOKEN.slice(0, 8));
    expect(lines.filter(({ level }) => level)).toMatchObject([
      {
        awsRequestId: '[secret]',
        message: 'said [secret]',
        user: '[secret]',
        list: ['[secret]', { deep: '[secret]' }],
      },
      { reason: 'Error: [secret]' },
      { code: 'ZONE003', detail: 'answered [secret]', oktaCauses: ['x [secret]'] },
    ]);
  });

  it('holds no character that can’t be seen', () => {
    telemetry.info('granted', { user: 'alice\u202E\u200B\u001b[2J', ips: ['203.0.113.7\n'] });
    expect(lines).toMatchObject([{ user: 'alice���[2J', ips: ['203.0.113.7 '] }]);
  });

  it('has details that end, and everything else whole', () => {
    const ids = ` ${Array.from({ length: 40 }, (_, i) => `webhook-id-number-${i}`).join(' ')} `;
    telemetry.error('STORE001', 'x'.repeat(10_000), { reason: 'y'.repeat(10_000), webhookIds: ids });
    expect(lines[0]).toMatchObject({ detail: `${'x'.repeat(499)}…`, reason: `${'y'.repeat(499)}…`, webhookIds: ids });
  });

  it('keeps what is no text as it is, and metrics too', () => {
    telemetry.info('counted', { n: 1, yes: true, none: null, gone: undefined });
    telemetry.metric('ClockSkewSeconds', 'Seconds', 31);
    expect(lines).toMatchObject([{ n: 1, yes: true, none: null }, { ClockSkewSeconds: 31 }]);
  });

  it('ends where a field goes on for ever', () => {
    const ring: Record<string, unknown> = { text: 'x' };
    ring.again = ring;
    telemetry.info('odd', { ring });
    expect(JSON.stringify(lines)).toContain('…');
  });
});
