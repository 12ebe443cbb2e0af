/** What a local run is set up with. The token opens nothing but the simulator. */
export const LOCAL = {
  acl: 'okta-prod',
  zoneId: 'nzo1abcdefGHIJKLM0h7',
  zoneName: 'Knocknoc Authenticated Users',
  sentinel: '192.0.2.0/32',
  oktaToken: 'local-okta-token',
} as const;

/** As in a configuration file, without the address of Okta. */
export const LOCAL_CONFIGURATION = {
  stackName: 'KnocknocOktaLocal',
  acls: { [LOCAL.acl]: { zoneIds: [LOCAL.zoneId] } },
  sentinel: LOCAL.sentinel,
  retainData: false,
} as const;

/** The same, with a list of Knocknoc's that is read. */
export const LISTED_CONFIGURATION = {
  ...LOCAL_CONFIGURATION,
  acls: { [LOCAL.acl]: { zoneIds: [LOCAL.zoneId], allowlist: { pollSeconds: 5 } } },
} as const;
