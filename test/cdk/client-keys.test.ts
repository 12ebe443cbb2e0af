import { describe, expect, it } from 'vitest';
import { rightsIn } from './rights.ts';
import { CONFIG, FUNCTIONS, property, resourcesOf, templateWith } from './synthesised.ts';

const kms = (more: object = {}) => ({ okta: { ...CONFIG.okta, clientKey: 'kms', ...more } });
const KEY = 'AWS::KMS::Key';

/** What each function may do in KMS. */
function kmsRights(changes: object): Record<string, string[]> {
  const template = templateWith(changes);
  const rights = FUNCTIONS.map((name) => [
    name,
    rightsIn(template, `${name}Role`).filter((right) => right.startsWith('kms:')),
  ]);
  return Object.fromEntries(rights);
}

describe("the service app's keys in KMS", () => {
  it('are none where the key is in the secret', () => {
    templateWith().resourceCountIs(KEY, 0);
    expect(Object.values(kmsRights({})).flat()).toEqual([]);
  });

  it('are RSA keys that sign and do nothing else, one for each name', () => {
    const keys = resourcesOf(templateWith(kms({ clientKeyNames: ['1', '2027'] })), KEY);
    expect(keys.map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual(['OktaClientKeys1', 'OktaClientKeys2027']);
    for (const [, { Properties }] of keys) {
      expect(Properties).toMatchObject({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY', PendingWindowInDays: 30 });
    }
  });

  it('stay the same keys when another comes beside them', () => {
    const [one] = resourcesOf(templateWith(kms()), KEY);
    expect(resourcesOf(templateWith(kms({ clientKeyNames: ['1', '2027'] })), KEY)[0]).toEqual(one);
  });

  it('are left to nobody by the stack, unless no record is to be kept either; a first deploy that fails leaves none', () => {
    const policies = (changes: object) => resourcesOf(templateWith(changes), KEY).map(([, key]) => key.DeletionPolicy);
    expect(policies(kms())).toEqual(['RetainExceptOnCreate']);
    expect(policies({ ...kms(), retainData: false })).toEqual(['Delete']);
  });

  it('are used by the zone function alone, to sign', () => {
    expect(kmsRights(kms({ clientKeyNames: ['1', '2027'] }))).toEqual({
      ...{ Webhook: [], Outcome: [], Grants: [], Expiry: [] },
      Zone: ['kms:Sign on OktaClientKeys1.Arn', 'kms:Sign on OktaClientKeys2027.Arn'],
    });
  });

  it('are spoken of by no other resource than the right to sign', () => {
    const { Resources } = templateWith(kms()).toJSON();
    const [[id = ''] = []] = resourcesOf(templateWith(kms()), KEY);
    const speaking = Object.entries(Resources).filter(([name, one]) => name !== id && JSON.stringify(one).includes(id));
    expect(speaking.map(([, one]) => property(one as never, 'PolicyName'))).toEqual([
      expect.stringMatching(/^ZoneRole/),
    ]);
  });
});
