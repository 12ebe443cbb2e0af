import { ADDRESSES } from './addresses.ts';
import type { BadRequest } from './bad-request.ts';
import { BODIES } from './bodies.ts';
import { FIELDS } from './fields.ts';
import { REQUESTS } from './requests.ts';
import { SIGNATURES } from './signatures.ts';
import { TIMES } from './times.ts';

/** Every request that must be refused, each by its name. */
export const BAD_REQUESTS: readonly BadRequest[] = [SIGNATURES, REQUESTS, BODIES, FIELDS, TIMES, ADDRESSES].flat();
