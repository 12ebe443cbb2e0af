import { beforeEach, expect, it } from 'vitest';
import { Timeline } from '../../../local/scenario/timeline.ts';

let now: number;
let timeline: Timeline;

beforeEach(() => {
  now = 0;
  timeline = new Timeline(() => now);
});

it('says when each thing happened, from the start', () => {
  for (const at of [0, 250, 3_000, 540_000, 3_600_000 + 61_005]) {
    now = at;
    timeline.add('post', String(at));
  }
  expect(timeline.lines().map((line) => line.trim().split(/\s+/)[0])).toEqual([
    ...['0:00.000', '0:00.250', '0:03.000', '9:00.000', '1:01:01.005'],
  ]);
});

it('counts the rest of a long row of one kind', () => {
  for (let call = 1; call <= 40; call += 1) {
    now = call * 1_000;
    timeline.add('Okta', `GET ${call}`, 'GET 200');
  }
  timeline.add('Okta', 'PUT', 'PUT 200');
  const lines = timeline.lines();
  expect(lines).toHaveLength(6);
  expect(lines[4]).toContain('… 36 more of these until 0:40.000');
  expect(lines[5]).toContain('PUT');
});

it('counts nothing twice, and leaves lines without a kind as they are', () => {
  for (let line = 0; line < 9; line += 1) timeline.add('post', 'x');
  expect(timeline.lines()).toHaveLength(9);
  expect(timeline.lines()).toHaveLength(9);
});
