import type { ErrorCode } from '../lib/error-codes.ts';
import type { AlarmText } from './alarm-topic.ts';

/** What the alarm on each error code says. The section of docs/errors.md is the code itself. */
export const ALARM_TEXTS: Readonly<Record<ErrorCode, Omit<AlarmText, 'section'>>> = {
  OKTA001: {
    impact:
      'Okta refuses the API token: no zone is updated, people who log in get no access and people who leave keep it.',
    first:
      'in the Okta console, whether the token still exists and its owner is active; put a new one into the token secret.',
  },
  OKTA002: {
    impact: 'Okta accepts the token but forbids the call: no zone is updated, access is neither given nor taken.',
    first:
      "the admin role of the token's owner (it must be allowed to manage network zones) and the token's network restriction.",
  },
  OKTA005: {
    impact: "Okta's rate limit is used up: zone updates wait for the next window, about a minute.",
    first: 'Reports > Rate limits in the Okta console: who else uses the /api/v1 limit.',
  },
  ZONE001: {
    impact: 'A configured zone does not exist in Okta: nobody is let in by it.',
    first: 'the zone id in the log line against the zones in the Okta console, and "zoneIds" in the configuration.',
  },
  ZONE002: {
    impact: 'Okta rejected a new gateway list: the zone stays as it was, newcomers get no access, leavers keep theirs.',
    first: "Okta's own causes in the log line of the zone function.",
  },
  ZONE003: {
    impact: 'Okta cannot be reached or answers with errors: zone updates are tried again and take effect late.',
    first: 'status.okta.com, then "okta.domain" and the detail in the log line of the zone function.',
  },
  ZONE004: {
    impact:
      'A configured zone cannot be used (not an IP zone, inactive, a blocklist or a system zone): it is not updated.',
    first: 'the type, status and usage of that zone in the Okta console.',
  },
  ZONE005: {
    impact: 'The zones of an ACL are full: the latest people to log in wait outside until others leave.',
    first: 'how many IPs wait, in the log line; add a zone to "zoneIds" and to the policies in Okta.',
  },
  ZONE006: {
    impact: 'There is no Okta token to use: no zone is updated.',
    first: 'whether the token secret (stack output OktaTokenSecretArn) has a value.',
  },
  ZONE007: {
    impact:
      'Someone else changed a gateway list; it has been put right. Two writers that go on fight over who has access.',
    first: 'the System Log in Okta for that zone: who changed it.',
  },
  HOOK001: {
    impact: 'Many requests without a valid signature: if they are from Knocknoc, no login or logout takes effect.',
    first: 'whether the key in Knocknoc is the one in the webhook secret; then the source addresses in the access log.',
  },
  HOOK002: {
    impact:
      'Many requests with a timestamp outside the tolerance: if they are from Knocknoc, no login or logout takes effect.',
    first: 'the clock of the Knocknoc server; then whether someone replays old requests.',
  },
  HOOK003: {
    impact: 'Many malformed requests: if they are from Knocknoc, these logins and logouts do not take effect.',
    first: "the detail in the webhook function's log lines; then the source addresses in the access log.",
  },
  HOOK004: {
    impact: 'Knocknoc sends events for an ACL that is not configured: the people behind them get no access.',
    first: 'the names of the ACLs in Knocknoc against "acls" in the configuration.',
  },
  HOOK005: {
    impact: 'Knocknoc sends addresses that are not acceptable: the people behind them get no access.',
    first:
      'the detail in the log line: a private address means that Knocknoc does not see the real one of its clients.',
  },
  HOOK006: {
    impact: 'Knocknoc sends grants that are over already: the people behind them get no access.',
    first: 'the clock of the Knocknoc server, and the lifetime of grants that is set there.',
  },
  HOOK007: {
    impact: 'Events cannot be put on the queue: Knocknoc is told to send them again, until then they have no effect.',
    first: "the detail in the webhook function's log line; then the health of SQS in this region.",
  },
  STORE001: {
    impact: 'Grants cannot be stored: logins and logouts wait and are tried again.',
    first: 'the detail in the log line: throttling, permissions, or the health of DynamoDB in this region.',
  },
};
