/**
 * Whom an alarm is for. `urgent` must wake somebody: people get no access, or keep it, until a person acts. What `can
 * wait` heals by itself or concerns few; where it lasts and concerns everybody, an urgent alarm follows.
 */
export type Severity = 'urgent' | 'can wait';

/**
 * The catalogue of errors: all that is said of a code, once. It feeds the answers to senders, the log
 * lines, the alarms, `status` and `doctor`; `docs/errors.md` repeats it and a test compares. Codes are
 * never reused or renumbered.
 */
interface ErrorFacts {
  /** Title of answers and message of log lines. It never changes. */
  readonly name: string;
  /** What it means to the person whose access it concerns, for an event whose outcome is this failure. Those of a request have none: their answers say what is wrong with it. */
  readonly meaning?: string;
  /** What it means for those who log in and out, for whoever an alarm wakes. */
  readonly impact: string;
  /** The first thing that an operator does. Commands stand in backticks. */
  readonly firstStep: string;
  /** The system mends it without anybody: whoever waits for an outcome goes on waiting. */
  readonly healsItself?: true;
  /** Whom its alarm is for; `no alarm` where no person must act. */
  readonly severity: Severity | 'no alarm';
  /** A request alone can cause it: anyone's, or only one whose sender knows the secret. One of these alone wakes nobody. */
  readonly causedBy?: 'anyone' | 'sender';
}

const CATALOGUE = {
  OKTA001: {
    name: 'Okta authentication failed',
    severity: 'urgent',
    meaning:
      'Okta rejects the credentials of this service: nobody gets in or out until an administrator stores valid ones.',
    impact:
      'Okta rejects the credentials, so no zone is updated. People who log in get no access, people who leave keep it.',
    firstStep:
      'Check in Okta that the token exists and its owner is active (Security > API > Tokens), or that the service app and its key are active (Applications). If not, make new ones and store them with `npm run zone -- set-credentials`.',
  },
  OKTA002: {
    name: 'Okta authorization failed',
    severity: 'urgent',
    meaning:
      'Okta forbids this service to change zones: nobody gets in or out until an administrator gives it the role.',
    impact:
      'Okta accepts the credentials but forbids the call, so no zone is updated. People who log in get no access, people who leave keep it.',
    firstStep:
      "Read the detail in the log line: it says which zone, and Okta's reason. Check that the token's owner, or the service app, still has the role Org Administrator, that the app still has both `okta.networkZones` scopes, and that nothing limits the token to networks. Mend what is missing.",
  },
  OKTA005: {
    name: 'Okta rate limit exceeded',
    severity: 'can wait',
    meaning: 'Okta accepts no more calls for the moment: the zone is updated as soon as it does.',
    impact: "Okta's rate limit is used up. Zone updates wait, two minutes at most; none is lost.",
    firstStep:
      'Wait: updates resume by themselves. If it happens often, see in Okta (Reports > Rate Limits) who uses up `/api/v1`.',
    healsItself: true,
  },
  ZONE001: {
    name: 'zone not found',
    severity: 'urgent',
    meaning: 'The Okta zone does not exist: it lets nobody in until an administrator corrects its id.',
    impact: 'A configured zone does not exist in Okta. It lets nobody in.',
    firstStep:
      'Compare the zone id in the log line with the zones in Okta (Security > Networks). Correct `zoneIds` and deploy.',
  },
  ZONE002: {
    name: 'Okta rejected the update',
    severity: 'urgent',
    meaning: 'Okta rejects the list of addresses: nobody gets in or out until an administrator removes the cause.',
    impact: 'Okta rejected a new gateway list. The zone stays as it was: newcomers get no access, leavers keep theirs.',
    firstStep: "Read Okta's reasons in the log line of the zone function, in the field `oktaCauses`.",
  },
  ZONE003: {
    name: 'Okta unavailable',
    severity: 'can wait',
    meaning: 'Okta does not answer as it should: the update is tried again by itself.',
    impact: 'Okta cannot be reached or answers with errors. Zone updates are tried again and take effect late.',
    firstStep: 'Look at status.okta.com. Then check `okta.domain` in the configuration and the detail in the log line.',
    healsItself: true,
  },
  ZONE004: {
    name: 'zone not usable',
    severity: 'urgent',
    meaning: 'The Okta zone cannot be used for access: it lets nobody in until an administrator corrects it.',
    impact:
      'A configured zone is not an IP zone, is inactive, is a blocklist or is a system zone. It is not updated and lets nobody new in.',
    firstStep:
      'In Okta (Security > Networks), make it an active IP zone that is not a blocklist. Or configure another zone and deploy.',
  },
  ZONE005: {
    name: 'zone full',
    severity: 'urgent',
    meaning: 'The Okta zone is full: access begins as soon as somebody else leaves.',
    impact: 'The zones of an ACL are full. The latest people to log in wait outside until others leave.',
    firstStep: 'Create another zone in Okta, add it to the same policies, append its id to `zoneIds`, and deploy.',
  },
  ZONE006: {
    name: 'Okta credentials missing',
    severity: 'urgent',
    meaning: 'This service has no Okta credentials: nobody gets in or out until an administrator stores some.',
    impact: 'There are no usable Okta credentials, so Okta is not called and no zone is updated.',
    firstStep: "Store a token, or a service app's key, with `npm run zone -- set-credentials`.",
  },
  ZONE007: {
    name: 'zone changed by someone else',
    severity: 'can wait',
    meaning: 'Somebody else changed the Okta zone: the list is put right by itself.',
    impact:
      'Somebody else changed a gateway list. It has been put right. While both go on writing, they fight over who has access.',
    firstStep:
      'Find out in Okta (Reports > System Log) who edits the zone, and stop it. Put what must always be in the zone into `alwaysAllow`.',
  },
  ZONE008: {
    name: "zone holds others' entries",
    severity: 'urgent',
    meaning:
      'The Okta zone holds entries that are not from this service: it is not changed until an administrator says that it may be.',
    impact:
      "A zone holds entries that are not from this system, so it is not written: nobody new gets in through it, nobody is put out of it. The ACL's other zones go on.",
    firstStep: 'Run `npm run zone -- adopt`: it shows the entries, says which of them would go, and asks.',
  },
  LIST001: {
    name: 'allowlist unreachable',
    severity: 'can wait',
    impact:
      "Knocknoc's list cannot be read. Nobody is let in or put out by it until it can; whoever is in stays until their grant expires.",
    firstStep:
      'Read the detail in the log line of the allowlist function. Then run `npm run zone -- doctor`: it asks for the list from your machine.',
  },
  LIST002: {
    name: 'allowlist refused',
    severity: 'urgent',
    impact:
      'Knocknoc refuses to show its list. Nobody is let in or put out by it; whoever is in stays until their grant expires.',
    firstStep:
      'Check in Knocknoc that the API key exists, has the scope "Read Allowlists" and may be used from anywhere. If not, make a new one and store it with `npm run zone -- set-allowlist`.',
  },
  LIST003: {
    name: 'allowlist unreadable',
    severity: 'can wait',
    impact:
      'What Knocknoc publishes is no list. Nobody is let in or put out by it; whoever is in stays until their grant expires.',
    firstStep:
      'Compare the stored URL with the one that Knocknoc shows for the ACL: it must give the text form. Store the right one with `npm run zone -- set-allowlist`.',
  },
  LIST004: {
    name: 'allowlist not set',
    severity: 'urgent',
    impact: 'URL and key of a list are not stored, so nobody is let in or put out by it.',
    firstStep: 'Store them with `npm run zone -- set-allowlist`.',
  },
  LIST005: {
    name: 'large removal held back',
    severity: 'no alarm',
    impact:
      'More than half of the people of an ACL were missing from its list. They keep access until the next read of the list lacks them too.',
    firstStep:
      'Wait for the next read. If people are put out who are logged in, look at what Knocknoc publishes, and who changed it.',
  },
  HOOK001: {
    name: 'signature missing or invalid',
    severity: 'can wait',
    impact: 'Requests carry no valid signature. If they come from Knocknoc, logins and logouts take no effect.',
    firstStep:
      'Compare the key in Knocknoc with the one in use (`npm run zone -- sender-env --acl NAME`). Then look at the source addresses in the access log.',
    causedBy: 'anyone',
  },
  HOOK002: {
    name: 'timestamp outside the tolerance',
    severity: 'urgent',
    impact: 'Requests carry a time that is too far off. If they come from Knocknoc, logins and logouts take no effect.',
    firstStep: 'Let NTP set the clock of the machine that sends. Then look whether somebody replays old requests.',
    causedBy: 'sender',
  },
  HOOK003: {
    name: 'malformed request',
    severity: 'can wait',
    impact: 'Requests are malformed. If they come from Knocknoc, these logins and logouts take no effect.',
    firstStep:
      'Read the detail in the log line of the webhook or outcome function, and compare what the sender does with docs/webhook.md.',
    causedBy: 'anyone',
  },
  HOOK004: {
    name: 'unknown ACL',
    severity: 'urgent',
    impact: 'Knocknoc sends events for an ACL that is not configured. The people behind them get no access.',
    firstStep: 'Compare the ACL names in Knocknoc with `acls` in the configuration. Correct one side.',
    causedBy: 'sender',
  },
  HOOK005: {
    name: 'IP not acceptable',
    severity: 'can wait',
    impact: 'Knocknoc sends addresses that are not accepted. The people behind them get no access.',
    firstStep:
      'Read the detail in the log line. If the address is private, Knocknoc does not see the public address of its clients.',
    causedBy: 'sender',
  },
  HOOK006: {
    name: 'expiry not in the future',
    severity: 'can wait',
    impact: 'Knocknoc sends grants that are already over. The people behind them get no access.',
    firstStep: 'Check the clock of the machine that sends, and the lifetime of grants that is set there.',
    causedBy: 'sender',
  },
  HOOK007: {
    name: 'event queue unavailable',
    severity: 'urgent',
    impact: 'Events cannot be queued. Knocknoc is told to send them again; until then they have no effect.',
    firstStep:
      'Read the detail in the log line of the webhook function: it names the events queue or the webhook secret.',
  },
  HOOK009: {
    name: 'unknown event',
    severity: 'can wait',
    impact:
      'Knocknoc asks for the outcome of events that are not known here. It does not learn whether they took effect.',
    firstStep:
      'Compare `acl` and `webhookId` in the log line of the outcome function with what the sender posted, and check that it asks at the address that the answer to its event gave.',
    causedBy: 'sender',
  },
  STORE001: {
    name: 'grants could not be stored',
    severity: 'can wait',
    meaning: 'The change could not be stored: it has no effect until an operator puts it back.',
    impact: 'Grants cannot be stored. Logins and logouts wait and are tried again.',
    firstStep:
      'Read `detail` and `reason` in the log line: throttling, a missing right, or DynamoDB or SQS down in this region.',
  },
  STORE002: {
    name: 'stored row unusable',
    severity: 'can wait',
    meaning: 'What is stored of this change is unusable and was set aside: it has no effect.',
    impact:
      'A stored row or a queued message is unusable and was set aside. Its person is not let in; everybody else is served.',
    firstStep:
      'Find the row or message that the log line names, and who wrote it. Its person is let in again at the next login.',
  },
} as const satisfies Readonly<Record<string, ErrorFacts>>;

export type ErrorCode = keyof typeof CATALOGUE;

export const ERRORS: Readonly<Record<ErrorCode, ErrorFacts>> = CATALOGUE;

export function allErrorCodes(): ErrorCode[] {
  return Object.keys(ERRORS) as ErrorCode[];
}
