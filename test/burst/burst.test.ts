import { beforeAll, describe, expect, it } from 'vitest';
import { readDocument, tableRows } from '../docs/documents.ts';
import { type Figure, firstWaitMs, measure, putsOfBurst, slowdown } from './burst.ts';

describe('a burst of events', () => {
  let figures: readonly Figure[] = [];
  beforeAll(async () => {
    figures = await measure();
  });

  it('costs no more than is promised, in any of the figures that `npm run burst` prints', () => {
    expect(figures.filter(({ measured, allowed }) => measured > allowed)).toEqual([]);
    expect(figures.map(({ what }) => what)).toHaveLength(5);
  });

  it('costs what docs/reliability.md says', async () => {
    const [, section = ''] = /\*\*Bursts\*\*(.*?)\*\*Bad requests\*\*/s.exec(readDocument('docs/reliability.md')) ?? [];
    const [, ...rows] = tableRows(section);
    expect(rows.map(([, measured]) => measured)).toEqual(figures.map(({ measured, unit }) => `${measured} ${unit}`));
    const { putsInTenSeconds, lowestRemaining } = await slowdown(40);
    expect(section).toContain(`: ${putsInTenSeconds.join(', ')}. At the least, ${lowestRemaining} calls`);
  });

  it('is more than one update, or everybody would have to wait for the last', async () => {
    expect(await putsOfBurst(1_000)).toBeGreaterThan(5);
  });

  it('lets the first person wait no longer than alone, and that not long', async () => {
    const alone = await firstWaitMs(0);
    expect(alone).toBeLessThan(1_000);
    expect(await firstWaitMs(99)).toBe(alone);
  });
});

describe('a quota that shrinks', () => {
  it('slows updates down before Okta refuses, and some of it is left for others', async () => {
    const { putsInTenSeconds, refusals, lowestRemaining } = await slowdown(40);
    expect(refusals).toBe(0);
    expect(lowestRemaining).toBeGreaterThan(0);
    expect(putsInTenSeconds[0]).toBeGreaterThan(2 * (putsInTenSeconds[2] ?? 0));
    expect(putsInTenSeconds.slice(1).every((puts) => puts > 0)).toBe(true);
  });

  it('that is ample slows nothing down', async () => {
    const { putsInTenSeconds } = await slowdown(10_000);
    expect(Math.min(...putsInTenSeconds)).toBeGreaterThanOrEqual(7);
  });
});
