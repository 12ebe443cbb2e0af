import { expect, it } from 'vitest';
import type { AclStatus } from '../../cli/acl-status.ts';
import { statusText } from '../../cli/status-text.ts';
import { ERRORS, type ErrorCode } from '../../lib/error-codes.ts';

const NOW = Date.parse('2026-11-24T18:00:00Z');

function failing(acl: string, code: ErrorCode): AclStatus {
  const { name, impact, firstStep } = ERRORS[code];
  const lastError = { code, name, impact, firstStep, detail: 'so it is', at: new Date(NOW - 5_000).toISOString() };
  return { acl, standing: 'failing', fedBy: 'events', grants: [], zones: [], lastError };
}

it('tells what to do about one cause once, however many ACLs it stops, and about another one too', () => {
  const told = new Set<ErrorCode>();
  const paint = (_: string, text: string) => text;
  const page = [failing('a', 'OKTA001'), failing('b', 'OKTA001'), failing('c', 'ZONE003')]
    .map((status) => statusText(status, NOW, paint, 'UTC', told))
    .join('\n');
  expect(page.match(/OKTA001 Okta authentication failed, 5 s ago: so it is/g)).toHaveLength(2);
  expect(page.match(/docs\/errors\.md#okta001/g)).toHaveLength(1);
  expect(page.match(/docs\/errors\.md#zone003/g)).toHaveLength(1);
});
