import { describe, expect, it } from 'vitest';
import { answerPing } from '../../../lib/webhook/answer-ping.ts';
import type { ZoneMemory, ZoneState } from '../../../lib/zones/zone-state.ts';
import { logTelemetry } from '../../../local/stand-ins/log-telemetry.ts';

const NOW = 1_800_000_000_000;
const telemetry = logTelemetry(
  'webhook',
  () => NOW,
  () => {},
);
const right: ZoneMemory = { write: 1, rightAt: NOW };
const trouble = { code: 'ZONE004', detail: 'it is inactive', at: NOW } as const;
const lastError = { code: 'OKTA001', detail: 'refused', at: NOW, since: NOW } as const;

describe('a ping is told what is known of the zones', () => {
  it.each<[string, ZoneState, string]>([
    ['nothing yet', { zones: {} }, 'right'],
    ['that all are right', { zones: { a: right, b: right } }, 'right'],
    ['what the last rebuild met', { zones: { a: right }, lastError }, 'OKTA001'],
    [
      'that one can’t be used, while the rebuild that found it goes on',
      { zones: { a: right, b: { trouble } } },
      'ZONE004',
    ],
    ['that one shows another list, while it is put right', { zones: { a: right, b: { doubted: true } } }, 'ZONE007'],
  ])('%s', async (_, state, zones) => {
    const answer = await answerPing('lab', {}, { states: () => ({ get: async () => state }), telemetry });
    expect(JSON.parse(String(answer.body))).toEqual({ status: 'pong', zones });
  });
});
