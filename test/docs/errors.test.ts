import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { allErrorCodes, ERRORS } from '../../lib/error-codes.ts';
import { EVERYTHING_SET, resourcesOf, templateWith, textOf } from '../cdk/synthesised.ts';
import { codeBlocks, DOCUMENTS, readDocument, sectionsOf, tableRows } from './documents.ts';

const CODE = /\b(?:OKTA|ZONE|HOOK|LIST|STORE)\d{3}\b/g;
const runbook = readDocument('docs/errors.md');
const sections = sectionsOf(runbook, 2);
/** One line, with the text of each link in place of the link. */
const asText = (section: string) => section.replaceAll(/\s+/g, ' ').replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1');
const template = templateWith({ ...EVERYTHING_SET, alarmOnChangesPerHour: 100 });
const urgent = [{ Ref: 'AlarmTopicC2164170' }];
const alarms = ['Alarm', 'CompositeAlarm']
  .flatMap((type) => resourcesOf(template, `AWS::CloudWatch::${type}`))
  .map(([, { Properties }]) => ({
    name: String(Properties.AlarmName),
    text: textOf(Properties.AlarmDescription),
    severity: isDeepStrictEqual(Properties.AlarmActions, urgent) ? 'urgent' : 'can wait',
    threshold: Number(Properties.Threshold),
    minutes: Number(Properties.Period) / 60,
  }));

describe('the runbook', () => {
  it('begins with the command to run first', () => {
    expect(codeBlocks(runbook, 'sh')[0]).toBe('npm run zone -- doctor');
    expect(runbook.indexOf('npm run zone -- doctor')).toBeLessThan(400);
  });

  it.each(allErrorCodes())('has a section for %s, which says what its alarm says, and more', (code) => {
    const { name, impact, firstStep } = ERRORS[code];
    const section = asText(sections.get(code) ?? '');
    expect(section).toContain(`**${name}.** ${impact} **First:** ${firstStep} **Not to be confused with** `);
    expect(section).toMatch(/\*\*Usual causes\.\*\* .{20}/);
  });

  it.each(allErrorCodes())('has %s in its overview, with a link', (code) => {
    const rows = tableRows(runbook).filter(([cell]) => cell === `[${code}](#${code.toLowerCase()})`);
    expect(rows).toHaveLength(1);
  });

  it('has each alarm of the stack by its name, where that is not a code', () => {
    for (const { name } of alarms) {
      const [, own = ''] = /^KnocknocOkta-(.+)$/.exec(name) ?? [];
      const [, ofFunction = own] =
        /^(?:webhook|outcome|grants|expiry|zone|allowlist|gatekeeper|policies)-(errors|throttles)$/.exec(own) ?? [];
      const written = ofFunction === own ? `{stack name}-${own}` : `{stack name}-{function}-${ofFunction}`;
      if (!Object.hasOwn(ERRORS, own)) expect(runbook).toContain(`\`${written}\``);
    }
  });

  it('has no section for a code that does not exist', () => {
    const named = [...sections.keys()].filter((title) => title.match(CODE));
    expect(named.toSorted()).toEqual(allErrorCodes().toSorted());
  });

  it('has the section that each alarm of the stack names', () => {
    expect(alarms.length).toBeGreaterThan(allErrorCodes().length);
    for (const { name, text } of alarms) {
      const [, section = `none in: ${text}`] = /docs\/errors\.md, "([^"]+)"\.$/.exec(text) ?? [];
      expect([...sections.keys()], name).toContain(section);
    }
  });

  it('says of each alarm whom it is for', () => {
    const rows = tableRows(sections.get('The alarms') ?? '');
    const severities = new Map(rows.map(([cell = '', severity]) => [/^\[([^\]]+)\]/.exec(cell)?.[1], severity]));
    for (const { name, text, severity } of alarms) {
      const [, section = ''] = /docs\/errors\.md, "([^"]+)"\.$/.exec(text) ?? [];
      if (Object.hasOwn(ERRORS, section)) continue;
      const [, own = ''] = /^KnocknocOkta-([a-z]+)/.exec(name) ?? [];
      const said = severities.get(section) ?? 'nothing';
      const mixed = said.includes(`\`${own}\``) ? 'urgent' : 'can wait';
      expect([name, said.startsWith('urgent: ') ? mixed : said]).toEqual([name, severity]);
    }
    for (const code of allErrorCodes()) {
      const [, , , severity] = tableRows(runbook).find(([cell]) => cell?.startsWith(`[${code}]`)) ?? [];
      expect([code, severity]).toEqual([code, ERRORS[code].severity.replace('no alarm', 'none')]);
    }
  });

  it.each(allErrorCodes())('says from how many %s on the alarm rings', (code) => {
    const { threshold = 0, minutes } = alarms.find(({ name }) => name === `KnocknocOkta-${code}`) ?? {};
    const row = tableRows(runbook).find(([cell]) => cell?.startsWith(`[${code}]`));
    if (ERRORS[code].severity === 'no alarm') return expect([row?.at(-1), threshold]).toEqual(['none', 0]);
    expect(row?.at(-1)).toBe(threshold === 1 ? 'at once' : `${threshold} in ${minutes} minutes`);
  });
});

describe('the section on', () => {
  it.each(['STORE001', 'STORE002'])('%s quotes details that the code writes', (section) => {
    const code = [
      ...[
        'lib/grants/apply-record.ts',
        'lib/grants/judge-grant.ts',
        'lib/for-each-acl.ts',
        'lib/expiry/expire-grants.ts',
      ],
      ...['lib/allowlist/read-list.ts', 'lib/allowlist/read-log.ts', 'lib/outcome/tell-outcome.ts'],
      ...['lib/zones/first-view.ts', 'lib/zones/rebuild-acl.ts', 'functions/zone.ts'],
    ];
    const sources = code.map(readDocument).join('\n');
    const quoted = tableRows(sections.get(section) ?? '').flatMap(([cell]) => /^`(.+)`$/.exec(cell ?? '')?.[1] ?? []);
    expect(quoted.length).toBeGreaterThan(2);
    expect(quoted.filter((detail) => !sources.includes(detail))).toEqual([]);
  });
});

describe('every document', () => {
  it.each(DOCUMENTS)('%s names no error code that does not exist', (path) => {
    const named = [...readDocument(path).matchAll(CODE)].map(([code]) => code);
    expect(named.filter((code) => !Object.hasOwn(ERRORS, code))).toEqual([]);
  });
});
