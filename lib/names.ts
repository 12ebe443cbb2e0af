/**
 * Names that the functions and the stack must agree on. `cdk/` sets what `functions/` reads, and
 * alarms watch what the functions emit, so neither side spells one of these itself.
 */

/** Environment variables of the functions (resource addresses only; the configuration is in the bundle). */
export const ENV = {
  tableName: 'GRANTS_TABLE_NAME',
  eventsQueueUrl: 'EVENTS_QUEUE_URL',
  timerQueueUrl: 'TIMER_QUEUE_URL',
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  webhookSecretArn: 'WEBHOOK_SECRET_ARN',
  oktaCredentialsArn: 'OKTA_TOKEN_SECRET_ARN',
  /** Only where an ACL's list is read. */
  allowlistSecretArn: 'ALLOWLIST_SECRET_ARN',
  readQueueUrl: 'READ_QUEUE_URL',
  /** Read by the logging and metrics libraries: the `service` dimension of every metric. */
  serviceName: 'POWERTOOLS_SERVICE_NAME',
} as const;

/**
 * The keys in KMS for a service app, as AWS calls their kind, and what they sign with. RSA, since Okta's console makes such
 * keys and all of its SDKs sign with them.
 */
export const KMS_CLIENT_KEY = { spec: 'RSA_2048', alg: 'RS256' } as const;

export const METRICS = {
  namespace: 'KnocknocOkta',
  /** The dimension that the metrics library adds by itself; its value is the stack's name. */
  serviceDimension: 'service',
  errors: 'Errors',
  codeDimension: 'Code',
  /** Posts that were refused, whatever the code, by a run of the webhook that has accepted none for an hour. */
  refused: 'RefusedAndNoneAccepted',
  /** Seconds between a sender's event time and the receipt, where it is over 30. */
  clockSkew: 'ClockSkewSeconds',
  /** Each the worst of all ACLs. Said by every tick: seconds since an ACL's zones were last seen to be right, */
  verificationAge: 'VerificationAgeSeconds',
  /** and seconds since an expiry after which no rebuild was confirmed. */
  expiredInZone: 'ExpiredInZoneSeconds',
  /** Only while the limit is passed: entries in percent of what the zones hold. */
  capacityUsed: 'ZoneCapacityUsedPercent',
  /** Once a day where policies are checked: zones, and rules, that somebody has to look at. */
  policyFindings: 'PolicyFindings',
  /** Only where lists are read: seconds since the one that was not read for the longest. */
  listAge: 'AllowlistAgeSeconds',
  /** Only where an alarm is configured for it: entries that writes of zones have added and removed. */
  changes: 'ZoneChanges',
} as const;

/**
 * From so many refused posts within this time on, without one that was accepted, somebody is told. Fewer may be a stranger, or
 * a slip of whoever sets a sender up.
 */
export const REFUSED_AND_NONE_ACCEPTED = { count: 5, minutes: 60 } as const;

/** A sender's clock that is off by more than this, in seconds, is told of. */
export const CLOCK_SKEW_SECONDS = 30;

/** The age in seconds from which an accepted event that is not applied is trouble: the first failed try is repeated before. */
export const NOT_APPLIED_SECONDS = 120;

/** Where the state of the zones becomes an alarm. */
export const HEALTH_LIMITS = {
  /** A grant whose timer is lost stays for 125 seconds at most. */
  expiredInZoneSeconds: 180,
  /** More than this. */
  capacityPercent: 80,
} as const;

/** Seconds without a verification that are an alarm: 15 minutes, or more where verifications are meant to be rare. */
export function verificationLimitSeconds(verifyMinutes: number): number {
  return 60 * Math.max(15, verifyMinutes + 10);
}

/**
 * Seconds without a read of a list that are an alarm: 5 minutes, or more where lists are read so seldom that one failed read
 * would be one.
 */
export function listAgeLimitSeconds(pollSeconds: readonly number[]): number {
  return Math.max(300, ...pollSeconds.map((seconds) => 2 * seconds + 60));
}

/** Receptions of a message on the queue of reads. The next read does its work, so only what is no message of ours comes so often. */
export const READS_MOST_RECEIVES = 3;

/**
 * What the field `action` of the audit's log lines can say. Saved queries and people filter by it, so a value
 * keeps its meaning. Lines about one grant carry `acl`, `ip`, `grantId` and `user`; those of an event `webhookId`;
 * those of a zone `webhookIds`, the ids of the events that it reflects for the first time. Each change has one line. Only
 * a process that dies at the wrong moment leaves two, which then have the same id: of an event `webhookId` and `position`,
 * of a grant that was over `change`, of a zone `zoneId` and `write`.
 */
export const AUDIT = {
  /** The webhook has put an event onto the queue. */
  accepted: 'event-accepted',
  granted: 'granted',
  revoked: 'revoked',
  flushed: 'flushed',
  /** The event came after a later one and changed nothing. */
  overtaken: 'event-overtaken',
  /** The event was applied before. */
  duplicate: 'event-duplicate',
  /** One grant that a flush, or the revoke of a whole IP, has ended. */
  ended: 'grant-ended',
  /** One grant that was over has left the table, whoever removed it. */
  expired: 'grant-expired',
  /** Okta has confirmed another list. */
  zoneUpdated: 'zone-updated',
  /** All zones of the ACL are right, and reflect events that they had not reflected before. */
  zoneConfirmed: 'zone-confirmed',
} as const;

/** Shape of the grants table. */
export const TABLE = {
  partitionKey: 'acl',
  sortKey: 'item',
  ttlAttribute: 'ttl',
  /** Local index over live grants, by the moment they expire. Sparse: only grants carry the attribute. */
  expiryIndex: 'byExpiry',
  expiryAttribute: 'expiresAt',
  /** What the index holds beside its keys: what the zones' lists are made of. A read is paid by its size. */
  expiryProjection: ['ip', 'since'],
} as const;

/**
 * Sort keys of an ACL's items. The stream filter of the zone function lets through the item that wakes it, and
 * grants that are deleted; everything else the functions write must not wake it.
 */
export const ITEM = {
  grant: 'GRANT#',
  /** Order of the last event seen for one grant; outlives the grant. */
  last: 'LAST#',
  /** Order of the last revoke of every grant on one IP. */
  revoked: 'REVOKED#',
  /** Order of the last flush of the ACL. */
  flushed: 'FLUSHED',
  /** Wakes the zone function: see `WakeItem`. A position in it means that the ACL has seen an event. */
  wake: 'WAKE',
  /** What is remembered of the ACL's zones, with the lease: see `ZoneStates`. */
  state: 'STATE',
} as const;

/** Who deletes items whose time to live is over, as the stream's records name it. */
export const TTL_SERVICE = 'dynamodb.amazonaws.com';

/**
 * Partition of one Okta zone, by its id: it belongs to no ACL for ever. Its items: whose it is, what a person allows, and
 * what Okta showed of it while it was nobody's here.
 */
export const ZONE_PARTITION = 'ZONE#';
export const ZONE_ITEM = { list: 'LIST', adoption: 'ADOPTION', foreign: 'FOREIGN' } as const;

/** Partition of what is remembered of an ACL's allowlist, by the ACL's name, and its one item. */
export const LIST_PARTITION = 'ALLOWLIST#';
export const LIST_RECORD = 'READ';

/** Partition of the self-tests that people run, and its one item: when the last one began. */
export const SELFTEST_PARTITION = 'SELFTEST#';
export const SELFTEST_ITEM = 'LAST';

/** Partition of one event, by its ACL and webhook id (it belongs to no ACL; `#` cannot occur in an ACL's name). */
export const SEEN_PARTITION = 'SEEN#';
/** Its items: that the event was applied; that it was set aside; how many grants a part of a large one has ended. */
export const SEEN_ITEM = { applied: 'SEEN#', aside: 'ASIDE', ended: 'ENDED#' } as const;

/** Partition of what concerns the Okta org as a whole, and its one item: the moment before which Okta wants no call. */
export const ORG_PARTITION = 'OKTA#';
export const ORG_LIMIT_ITEM = 'LIMIT';

/** All events of all ACLs share one message group: that is what makes the grants function single. */
export const EVENTS_MESSAGE_GROUP = 'events';

/** The message attribute of a dead letter that says why it is one. */
export const LETTER_REASON = 'Reason';

/**
 * Receptions of a message on the events queue before it leaves for the dead-letter queue. The grants function
 * puts it there itself at the last one, with the reason; the queue does it, without one, where the function could not.
 */
export const EVENTS_MOST_RECEIVES = 10;
/** The same of the timer queue, whose reader does as the grants function does. */
export const TIMERS_MOST_RECEIVES = 5;

export const WEBHOOK_PATH = '/webhook';
/** Where outcomes are asked for, in the form that an HTTP API takes. */
export const OUTCOME_ROUTE = `${WEBHOOK_PATH}/events/{acl}/{webhookId}`;

/**
 * The header in which the command line says who runs it: the identity that AWS knows the caller by. The signature does not
 * cover it, so that the same event stays the same whoever repeats it; it stands in the log alone.
 */
export const SENT_BY_HEADER = 'x-sent-by';

/** Key in the template's metadata under which the stack tells the configuration that it was deployed with. */
export const CONFIGURATION_METADATA = 'KnocknocOkta::Configuration';
/** Where the template says by which version it was made. */
export const VERSION_METADATA = 'KnocknocOkta::Version';

/** So many may wait for the outcomes of events at once; the function that tells them has some more runs, which answer at once. */
export const MOST_WAITING = 38;
