import * as v from 'valibot';
import type { Item } from '../../lib/ports.ts';
import { expectSchema } from './expect-schema.ts';
import { count, duration, record, text } from './values.ts';

const FUNCTIONS = ['webhook', 'outcome', 'grants', 'expiry', 'zone', 'allowlist'] as const;
const FAULTS = ['conflict', 'throttle', 'refuse', 'lose the answer', 'silence'] as const;

/** A method and a path of the simulator's control API. */
export const CONTROL_REQUEST = /^[A-Z]+ \/control\/\S+$/;

/** Every step has these; `note` is for whoever reads the file. */
const common = { at: duration, note: v.exactOptional(text) };

const faultName = v.picklist(FAULTS, `must be one of ${FAULTS.join(', ')}`);
const tableFault = v.strictObject({
  fault: faultName,
  times: v.exactOptional(count),
  for: v.exactOptional(duration),
  function: v.exactOptional(v.picklist(FUNCTIONS, `must be one of ${FUNCTIONS.join(', ')}`)),
  method: v.exactOptional(v.picklist(['get', 'write', 'query'], 'must be get, write or query')),
  acl: v.exactOptional(text),
  item: v.exactOptional(text),
});
const plainFault = v.pipe(
  faultName,
  v.transform((fault): v.InferOutput<typeof tableFault> => ({ fault })),
);
const item = v.custom<Item>(isItem, 'must be an object with the keys acl and item');

/** By the key that names what a step does. Each knows every other key that it can have. */
export const STEP_SCHEMAS = {
  post: v.strictObject({
    ...common,
    post: v.union([text, record], 'must be an event, or text that is sent as it is'),
    id: v.exactOptional(text),
    as: v.exactOptional(text),
    key: v.exactOptional(text),
    bearer: v.exactOptional(text),
    ago: v.exactOptional(duration),
  }),
  outcome: v.strictObject({
    ...common,
    outcome: text,
    wait: v.exactOptional(count),
    as: v.exactOptional(text),
  }),
  okta: v.strictObject({
    ...common,
    okta: v.strictObject({
      request: v.pipe(text, v.regex(CONTROL_REQUEST, 'must be a method and a path, such as "PATCH /control/zones/ID"')),
      body: v.exactOptional(v.unknown()),
    }),
  }),
  knocknoc: v.strictObject({
    ...common,
    knocknoc: v.union(
      [
        v.strictObject({ acl: text, list: v.union([text, v.array(text)]) }),
        v.strictObject({ acl: text, status: v.pipe(count, v.minValue(200), v.maxValue(599)) }),
      ],
      'must be {"acl", "list"} with lines or a text, or {"acl", "status"} with a status from 200 to 599',
    ),
  }),
  secret: v.strictObject({
    ...common,
    secret: v.strictObject({
      okta: v.exactOptional(v.nullable(text)),
      webhook: v.exactOptional(v.nullable(text)),
      allowlist: v.exactOptional(v.nullable(text)),
    }),
  }),
  deploy: v.strictObject({ ...common, deploy: record }),
  adopt: v.strictObject({ ...common, adopt: text }),
  queue: v.strictObject({ ...common, queue: v.union([text, record], 'must be text or an object') }),
  row: v.strictObject({ ...common, row: item }),
  table: v.strictObject({
    ...common,
    table: v.lazy((input): typeof plainFault | typeof tableFault =>
      typeof input === 'string' ? plainFault : tableFault,
    ),
  }),
  lose: v.strictObject({
    ...common,
    lose: v.picklist(['timer', 'tick', 'stream batch'], 'must be timer, tick or stream batch'),
  }),
  crash: v.strictObject({
    ...common,
    crash: v.strictObject({
      function: v.picklist(FUNCTIONS, `must be one of ${FUNCTIONS.join(', ')}`),
      at: v.picklist(['now', 'next call'], 'must be now or next call'),
    }),
  }),
  expect: v.strictObject({ ...common, expect: expectSchema, until: v.exactOptional(duration) }),
} as const;

/** A step that does nothing: time goes on up to it, and its note is told. */
export const pauseSchema = v.strictObject({ at: duration, note: text });

type Schemas = typeof STEP_SCHEMAS;
export type StepKind = keyof Schemas;
export type StepOf<Kind extends StepKind> = v.InferOutput<Schemas[Kind]>;
export type TableFaultRequest = StepOf<'table'>['table'];

function isItem(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return 'acl' in value && typeof value.acl === 'string' && 'item' in value && typeof value.item === 'string';
}
