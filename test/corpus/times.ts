import { NOW } from '../helpers/events.ts';
import { type BadRequest, each, endingWith, grantWith } from './bad-request.ts';

const MALFORMED = [400, 'HOOK003'] as const;
const NOT_AHEAD = [422, 'HOOK006'] as const;
const after = (ms: number) => new Date(NOW + ms).toISOString();
const inData = (data: Readonly<Record<string, unknown>>) => ({ body: grantWith(data) });

const NO_DATE_TIMES = {
  null: null,
  empty: '',
  'a number of milliseconds': NOW,
  'a number of seconds': NOW / 1000,
  'a number as text': String(NOW),
  'a date alone': '2026-11-25',
  'no offset': '2026-11-25T00:00:00',
  'a space for the T': '2026-11-25 00:00:00Z',
  'no seconds': '2026-11-25T00:00Z',
  'the basic format': '20261125T000000Z',
  'a week date': '2026-W48-3T00:00:00Z',
  'an ordinal date': '2026-329T00:00:00Z',
  '30 February': '2026-02-30T00:00:00Z',
  '29 February of no leap year': '2027-02-29T00:00:00Z',
  '31 November': '2026-11-31T00:00:00Z',
  'month 13': '2026-13-01T00:00:00Z',
  'month 0': '2026-00-01T00:00:00Z',
  'day 0': '2026-12-00T00:00:00Z',
  'hour 24': '2026-11-25T24:00:00Z',
  'minute 60': '2026-11-25T00:60:00Z',
  'a leap second': '2026-12-31T23:59:60Z',
  'year 275760': '+275760-09-13T00:00:00Z',
  'a year of five digits': '12026-11-25T00:00:00Z',
  'a year of two digits': '26-11-25T00:00:00Z',
  'a year before Christ': '-2026-11-25T00:00:00Z',
  'an offset without a colon': '2026-11-25T00:00:00+0100',
  'an offset of hours alone': '2026-11-25T00:00:00+01',
  'an offset of 24 hours': '2026-11-25T00:00:00+24:00',
  'an offset of 60 minutes': '2026-11-25T00:00:00+01:60',
  'a zone by name': '2026-11-25T00:00:00 CET',
  'a zone in brackets': '2026-11-25T00:00:00+01:00[Europe/Berlin]',
  'a minus sign of Unicode': '2026-11-25T00:00:00\u221201:00',
  'a comma before the fraction': '2026-11-25T00:00:00,5Z',
  'a full stop without a fraction': '2026-11-25T00:00:00.Z',
  'a fraction of a hundred digits': `2026-11-25T00:00:00.${'0'.repeat(100)}Z`,
  'full-width digits': '２０２６-11-25T00:00:00Z',
  'a space before it': ' 2026-11-25T00:00:00Z',
  'a line feed behind it': '2026-11-25T00:00:00Z\n',
  'the form of mail': 'Wed, 25 Nov 2026 00:00:00 GMT',
  'a word': 'tomorrow',
  'a list': ['2026-11-25T00:00:00Z'],
} as const;

/** Times that do not exist, are written otherwise, or are too late; and lifetimes. */
export const TIMES: readonly BadRequest[] = [
  ...each('timestamp', MALFORMED, { none: undefined, ...NO_DATE_TIMES }, (timestamp) => ({
    body: grantWith({}, { timestamp }),
  })),
  ...each(
    'timestamp of long ago',
    MALFORMED,
    {
      'a millisecond more than a day': after(-86_400_001),
      'a nanosecond more than a day': `${after(-86_400_001).slice(0, -1)}999999Z`,
      'the epoch': '1970-01-01T00:00:00Z',
      'before the epoch': '1969-12-31T23:59:59Z',
      'the first year': '0000-01-01T00:00:00Z',
    },
    (timestamp) => ({ body: grantWith({}, { timestamp }) }),
  ),
  ...each('timestamp of a flush', MALFORMED, { none: undefined, 'two days ago': after(-172_800_000) }, (timestamp) => ({
    body: JSON.stringify({ ...JSON.parse(endingWith('access.flushed', {})), timestamp }),
  })),
  ...each('expiresAt', MALFORMED, NO_DATE_TIMES, (expiresAt) => inData({ expiresAt })),
  ...each(
    'expiresAt',
    NOT_AHEAD,
    {
      'at this moment': after(0),
      'a nanosecond ahead, which is no millisecond': `${after(0).slice(0, -1)}000001Z`,
      'a millisecond ago': after(-1),
      'ahead but for its offset': '2026-11-24T19:00:00+01:00',
      'a year ago': '2025-11-24T18:00:00Z',
      'the epoch': '1970-01-01T00:00:00Z',
      'before the epoch': '1969-12-31T23:59:59.999Z',
    },
    (expiresAt) => inData({ expiresAt }),
  ),
  ...each(
    'durationSeconds',
    MALFORMED,
    {
      null: null,
      'as text': '60',
      'of half a second': 0.5,
      'of hardly more than a minute': 60.000001,
      true: true,
      'a list': [60],
      'an ISO duration': 'PT1M',
      'beyond whole numbers': 2 ** 53,
      'far beyond whole numbers': 1e300,
      'beyond whole numbers, below zero': -(2 ** 53),
    },
    (durationSeconds) => inData({ durationSeconds }),
  ),
  ...each(
    'durationSeconds written as',
    MALFORMED,
    { '1e400': '1e400', '9007199254740993': '9007199254740993' },
    (digits) => ({
      body: grantWith({ durationSeconds: 77 }).replace(':77', `:${digits}`),
    }),
  ),
  ...each(
    'durationSeconds',
    NOT_AHEAD,
    {
      'of nothing': 0,
      'of less than nothing': -1,
      'of much less than nothing': -Number.MAX_SAFE_INTEGER,
    },
    (durationSeconds) => inData({ durationSeconds }),
  ),
  ...each(
    'a lifetime that was over before it came',
    NOT_AHEAD,
    {
      'by its duration': { durationSeconds: 60 },
      'by its expiry': { expiresAt: after(-60_000) },
    },
    (data) => ({ body: grantWith(data, { timestamp: after(-60_000) }) }),
  ),
  ...each(
    'expiresAt and durationSeconds',
    MALFORMED,
    {
      'that agree': { expiresAt: after(60_000), durationSeconds: 60 },
      'that differ': { expiresAt: after(60_000), durationSeconds: 90 },
    },
    inData,
  ),
];
