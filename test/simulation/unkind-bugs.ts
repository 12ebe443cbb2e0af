import { parseQueuedEvent } from '../../lib/grants/queue-message.ts';
import { type Bug, WHO_IS_IN } from './bug.ts';
import { NoDoubt } from './buggy-parts.ts';
import * as parts from './unkind-parts.ts';

/** Bugs that only an unkind world shows, each put in from outside. */
export const UNKIND_BUGS: readonly Bug[] = [
  {
    name: 'all-zones-read-first',
    what: 'a change costs a GET for every zone of the ACL',
    breaks: ['few calls per change'],
    hooks: { http: parts.readingAllFirst },
    changes: { world: 'unkind', stretch: 'calm' },
  },
  {
    name: 'thrown-away-by-a-refusal',
    what: 'a rebuild reads all zones before its first write, and a 429 throws away what it has read',
    breaks: ['work drains at the pace of the quota'],
    hooks: { http: parts.readingAllFirst, states: (table) => new parts.ThrownAway(table) },
    changes: { world: 'unkind', stretch: 'herd' },
  },
  {
    name: 'starts-over',
    what: 'what a rebuild has read and written is forgotten when it ends',
    breaks: ['few calls per change', 'work drains at the pace of the quota'],
    hooks: { table: parts.forgettingZones },
    changes: { world: 'unkind', stretch: 'calm' },
  },
  {
    name: 'rests-too-long',
    what: 'after a 429 nobody calls Okta for four minutes',
    breaks: ['no rest over two minutes', 'work drains at the pace of the quota'],
    hooks: parts.restingLong,
    changes: { world: 'unkind', stretch: 'herd' },
  },
  {
    name: 'impatient',
    what: 'a call that takes longer than a second counts as failed',
    hooks: { http: parts.impatient },
    changes: { world: 'unkind', dimensions: ['slow Okta'] },
  },
  {
    name: 'always-in-the-first-zone',
    what: 'what is always allowed goes into the first zone alone, whether that can be used or not',
    breaks: ['1 settled zone', 'always allowed throughout'],
    hooks: { http: parts.alwaysInTheFirst },
    changes: { world: 'unkind', dimensions: ['overlaps', 'odd zones', 'many zones'] },
  },
  {
    name: 'always-unprotected',
    what: 'what is always allowed leaves a zone for one update whenever somebody comes',
    breaks: ['always allowed throughout'],
    hooks: { http: parts.alwaysLater },
    changes: { world: 'unkind', dimensions: ['overlaps'] },
  },
  {
    name: 'stale-read-believed',
    what: 'a list that a GET shows and that equals the plan is not written, though Okta had confirmed another',
    hooks: { http: parts.leavingOutWhatIsShown, states: (table) => new NoDoubt(table) },
    changes: { world: 'unkind', dimensions: ['stale Okta'], rates: { 'stale from Okta': 0.9 } },
  },
  {
    name: 'ghost-zone',
    what: 'people are planned for a zone that is not there',
    hooks: parts.believingInGhosts,
    changes: { world: 'unkind', dimensions: ['odd zones'] },
  },
  {
    name: 'other-lease-not-awaited',
    what: 'a zone that has another ACL now is written while a run of the one before is under way',
    breaks: ['a zone has one writer', '5 one write at a time', ...WHO_IS_IN],
    hooks: { states: (table) => new parts.NoOtherLease(table) },
    changes: { world: 'unkind', dimensions: ['handover'] },
  },
  {
    name: 'announced-anyway',
    what: 'a write is announced whoever has announced one since the zone was read',
    breaks: ['a zone has one writer', '5 one write at a time', ...WHO_IS_IN],
    hooks: { table: parts.announcingAnyway },
    changes: { world: 'unkind', dimensions: ['handover'], rates: { 'slow call': 0.1 } },
  },
  {
    name: 'confirmed-unseen',
    what: 'a list counts as confirmed as soon as it was announced',
    hooks: { states: (table) => new parts.ConfirmedUnseen(table) },
    changes: { world: 'unkind', dimensions: [], rates: { '5xx': 0.5 } },
  },
  {
    name: 'read-once',
    what: 'what a GET has shown is believed for twenty seconds',
    breaks: ['a GET just before each PUT', '6 only gateways change'],
    hooks: { http: parts.readingOnce },
    changes: { world: 'unkind', dimensions: ['statuses'] },
  },
  {
    name: 'status-unseen',
    what: 'an answer to a PUT counts as success whatever status it shows',
    breaks: [...WHO_IS_IN, 'unusable zones are said'],
    hooks: { http: parts.statusUnseen },
    changes: { world: 'unkind', dimensions: ['statuses'], rates: { 'other status in an answer': 0.4 } },
  },
  {
    name: 'resets-believed',
    what: 'a reset time is believed whatever it is',
    breaks: [...WHO_IS_IN, 'no rest over two minutes'],
    hooks: parts.believingResets,
    changes: { world: 'unkind', dimensions: ['absurd headers'] },
  },
  {
    name: 'dates-believed',
    what: 'how long to rest is told by the answer’s own date, whatever that is',
    breaks: [...WHO_IS_IN, 'no rest over two minutes'],
    hooks: parts.believingDates,
    changes: { world: 'unkind', dimensions: ['absurd headers'] },
  },
  {
    name: 'no-back-off',
    what: 'a 429 without a usable reset is tried again at once',
    breaks: ['few calls in vain', '7 reset time kept'],
    hooks: { http: parts.tryingAgainAtOnce },
    changes: { world: 'unkind', dimensions: ['absurd headers'] },
  },
  {
    name: 'foreign-unseen',
    what: 'the first event takes over a zone, whoever has made its list',
    breaks: ['foreign zone untouched'],
    hooks: { http: parts.foreignUnseen },
    changes: { world: 'unkind', dimensions: ['foreign zones'] },
  },
  {
    name: 'adopted-for-ever',
    what: 'what an operator has allowed holds for a list that they have not seen',
    breaks: ['foreign zone untouched'],
    hooks: parts.adoptingAnyList,
    changes: { world: 'unkind', dimensions: ['foreign zones'] },
  },
  {
    name: 'needless-transactions',
    what: 'single items are written in transactions, which conflict where runs of one ACL meet',
    breaks: ['no codes in good weather', ...WHO_IS_IN],
    hooks: { table: (table, name) => (name === 'zone' ? parts.inTransactions(table) : table) },
    changes: { world: 'unkind', dimensions: ['conflicts'], rates: { 'table conflict': 0.4 } },
  },
  {
    name: 'poison-message',
    what: 'a message that is no event stops the queue',
    breaks: ['nothing left behind', ...WHO_IS_IN],
    hooks: {
      grantsHandler: (handler) => (event, context) => {
        if (event.Records.some(({ body }) => !parseQueuedEvent(body))) throw new Error('no event');
        return handler(event, context);
      },
    },
    changes: { world: 'unkind', dimensions: ['garbage'] },
  },
  {
    name: 'rows-unjudged',
    what: 'a row of a network is taken for the host that it begins with',
    breaks: ['nobody in without a grant'],
    hooks: { table: (table, name) => (name === 'zone' ? parts.networksAsHosts(table) : table) },
    changes: { world: 'unkind', dimensions: ['garbage'] },
  },
  {
    name: 'strict-reader',
    what: 'an item with a field of another version makes every rebuild fail',
    hooks: { table: (table, name) => (name === 'zone' ? parts.strictReader(table) : table) },
    changes: { world: 'unkind', dimensions: ['spoiled items'] },
  },
  {
    name: 'first-page-only',
    what: 'a query is over after its first page',
    hooks: { table: parts.firstPageOnly },
    changes: { world: 'unkind', dimensions: ['slow table'] },
  },
  {
    name: 'stale-reads',
    what: 'what a decision hangs on is read as the table had it a moment ago',
    breaks: [...WHO_IS_IN, '5 one write at a time', 'nothing foreign reported', '9 in a zone throughout'],
    hooks: { table: (table, name) => (name === 'zone' ? parts.staleReads(table) : table) },
    changes: { world: 'unkind', dimensions: ['stale table'] },
  },
  {
    name: 'numbers-must-rise',
    what: 'an event whose number in the queue is lower than the last counts as applied before',
    hooks: parts.risingNumbers,
    changes: { world: 'unkind', dimensions: ['replaced queue'] },
  },
  {
    name: 'deliveries-uncounted',
    what: 'the function does not know that it sees a message for the last time',
    breaks: ['dead letters say why'],
    hooks: { grantsHandler: parts.countingNone },
    changes: { world: 'unkind', dimensions: ['deliveries'] },
  },
  {
    name: 'limit-kept',
    what: 'a lower gatewayLimit is not looked at',
    breaks: ['no list over its limit'],
    hooks: { config: (config) => ({ ...config, gatewayLimit: Math.max(150, config.gatewayLimit) }) },
    changes: { world: 'unkind', dimensions: ['deploys'] },
  },
  {
    name: 'prefix-ignored',
    what: 'an IPv6 address is let in by itself where its network should be',
    breaks: ['nobody in without a grant', ...WHO_IS_IN],
    hooks: { config: (config) => ({ ...config, ipv6PrefixLength: 128 }) },
    changes: { world: 'unkind', dimensions: ['IPv6'] },
  },
];
