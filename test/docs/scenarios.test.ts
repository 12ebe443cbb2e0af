import { describe, expect, it } from 'vitest';
import { expectSchema } from '../../local/scenario/expect-schema.ts';
import { play } from '../../local/scenario/play.ts';
import { readScenario } from '../../local/scenario/read-scenario.ts';
import { STEP_SCHEMAS } from '../../local/scenario/step-schema.ts';
import { START, WEBHOOK_KEY } from '../../local/scenario/world.ts';
import { codeBlocks, readDocument, sectionsOf, tableRows } from './documents.ts';

const text = readDocument('docs/scenarios.md');
const section = (title: string) => sectionsOf(text, 2).get(title) ?? '';

/** What stands in backticks in the first cells of the tables of a section. */
function named(title: string): string[] {
  return tableRows(section(title)).flatMap(([first = '']) =>
    [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

describe('docs/scenarios.md', () => {
  it('has an example that holds', async () => {
    const [example = ''] = codeBlocks(text, 'json');
    const { failures, expectations } = await play(readScenario(JSON.parse(example), 'the example'));
    expect(failures).toEqual([]);
    expect(expectations).toBe(3);
  });

  it('names every step, and none that there is not', () => {
    const faults = ['conflict', 'throttle', 'refuse', 'lose the answer', 'silence'];
    expect(named('Steps').sort()).toEqual([...Object.keys(STEP_SCHEMAS), ...faults].sort());
  });

  it('names everything that can be expected, and nothing else', () => {
    const beside = ['body', 'count'];
    expect([...named('Expectations'), ...beside].sort()).toEqual(Object.keys(expectSchema.entries).sort());
    for (const key of beside) expect(section('Expectations')).toContain(`\`${key}\``);
  });

  it('has faults of Okta that the simulator takes', () => {
    const faults = named('What Okta can be made to do').filter((name) => name.startsWith('{'));
    expect(faults.length).toBeGreaterThan(10);
    for (const fault of faults) {
      const body = { fault: JSON.parse(fault) };
      const steps = [{ at: '0s', okta: { request: 'POST /control/faults', body } }];
      const config = { okta: { domain: 'acme.okta.com' }, acls: { a: { zoneIds: ['nzo1'] } } };
      expect(() => readScenario({ config, steps }, fault), fault).not.toThrow();
    }
  });

  it('says when time begins, and what posts are signed with', () => {
    expect(text).toContain(new Date(START).toISOString().replace('.000', ''));
    expect(text).toContain(WEBHOOK_KEY);
  });
});
