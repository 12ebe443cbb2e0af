import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/load.ts';
import { problems, withOkta } from './problems.ts';

const okta = (more: object) => withOkta({ domain: 'acme.okta.com', ...more });

describe("where a service app's key is", () => {
  it('is the secret, unless it is said', () => {
    expect(parseConfig(okta({})).okta).toEqual({
      ...{ domain: 'acme.okta.com', baseUrl: 'https://acme.okta.com' },
      clientKey: 'secret',
      checkPolicies: false,
    });
  });

  it('is KMS with one key, or with two while they are exchanged', () => {
    expect(parseConfig(okta({ clientKey: 'kms' })).okta).toMatchObject({ clientKey: 'kms', clientKeyNames: ['1'] });
    const both = { clientKey: 'kms', clientKeyNames: ['1', '2027b'] };
    expect(parseConfig(okta(both)).okta).toMatchObject(both);
  });

  it.each<[object, string]>([
    [{ clientKey: 'KMS' }, 'okta.clientKey: must be "secret" or "kms"'],
    [{ clientKey: true }, 'okta.clientKey: must be "secret" or "kms"'],
    [{ clientKey: 'kms', clientKeyNames: '1' }, 'okta.clientKeyNames: must be a list of names'],
    [{ clientKey: 'kms', clientKeyNames: [] }, 'okta.clientKeyNames: must have one name at least'],
    [{ clientKey: 'kms', clientKeyNames: ['1', '2', '3'] }, 'okta.clientKeyNames: must have two names at most'],
    [{ clientKey: 'kms', clientKeyNames: ['1', '1'] }, 'okta.clientKeyNames: has the same name twice'],
    [{ clientKey: 'kms', clientKeyNames: ['1', 'a-b'] }, 'okta.clientKeyNames[1]: must be a name of'],
    [{ clientKey: 'kms', clientKeyNames: [1] }, 'okta.clientKeyNames[0]: must be text'],
    [{ clientKeyNames: ['1'] }, 'okta.clientKeyNames: names keys in KMS; remove it'],
    [{ clientKey: 'secret', clientKeyNames: ['1'] }, 'okta.clientKeyNames: names keys in KMS; remove it'],
  ])('cannot be said so: %j', (more, problem) => {
    expect(problems(okta(more))).toEqual([expect.stringContaining(problem)]);
  });
});
