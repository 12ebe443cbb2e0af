import { LogQueryVisualizationType } from 'aws-cdk-lib/aws-cloudwatch';
import type { FunctionName } from './function-code.ts';
import type { ServiceFunction } from './service-function.ts';

/** A widget that reads log lines: what would be a metric for each ACL, status or type is free this way. */
export interface DashboardQuery {
  readonly title: string;
  /** The functions whose log is read. */
  readonly of: readonly ServiceFunction[];
  readonly view: LogQueryVisualizationType;
  /** In the language of CloudWatch Logs Insights. */
  readonly lines: readonly string[];
}

const { TABLE, LINE } = LogQueryVisualizationType;

/** What the zones are like and what goes on. (A line chart groups by time alone; so what is by ACL is a table.) */
export function dashboardQueries(functions: Readonly<Record<FunctionName, ServiceFunction>>) {
  const { webhook, grants, zone } = functions;
  const compared = 'filter message = "zones compared"';
  const people: readonly DashboardQuery[] = [
    {
      title: 'In and waiting, by ACL',
      of: [zone],
      view: TABLE,
      lines: [
        compared,
        'stats latest(grants) as live_grants, latest(gateways) as entries, latest(waiting) as waiting, latest(capacity) as room by acl',
      ],
    },
    {
      title: 'In and waiting, the largest ACL',
      of: [zone],
      view: LINE,
      lines: [compared, 'stats max(grants) as live_grants, max(waiting) as waiting by bin(5m)'],
    },
    {
      title: 'IPs that zones gained and lost, by the hour',
      of: [zone],
      view: LINE,
      lines: ['filter action = "zone-updated"', 'stats sum(changes) as added_and_removed by bin(1h)'],
    },
  ];
  const events: readonly DashboardQuery[] = [
    {
      title: 'Events by type and outcome',
      of: [webhook, grants],
      view: TABLE,
      lines: [
        'filter message in ["event accepted", "event applied", "event overtaken", "event duplicate"]',
        'stats count(*) as events by type, message',
        'sort type, message',
      ],
    },
  ];
  const okta: readonly DashboardQuery[] = [
    {
      title: "Okta's quota: calls left",
      of: [zone],
      view: LINE,
      lines: [
        'filter ispresent(quotaRemaining)',
        'stats min(quotaRemaining) as remaining, max(quotaLimit) as allowed by bin(5m)',
      ],
    },
    {
      title: 'Calls to Okta by status',
      of: [zone],
      view: TABLE,
      lines: [
        'filter message = "Okta called"',
        'stats count(*) as calls, pct(tookMs, 95) as slow by method, oktaStatus',
        'sort calls desc',
      ],
    },
    {
      title: 'From a grant to the zone (ms)',
      of: [zone],
      view: LINE,
      lines: [
        'filter ispresent(eventToZoneMs)',
        'stats pct(eventToZoneMs, 50) as median, max(eventToZoneMs) as slowest by bin(5m)',
      ],
    },
  ];
  const late: DashboardQuery = {
    title: 'How late grants end (ms)',
    of: [zone],
    view: LINE,
    lines: ['filter ispresent(lateMs)', 'stats pct(lateMs, 50) as median, max(lateMs) as slowest by bin(5m)'],
  };
  return { people, events, okta, grants: late };
}

export function listChanges(allowlist: ServiceFunction): DashboardQuery {
  return {
    title: 'What lists have changed, by ACL',
    of: [allowlist],
    view: TABLE,
    lines: [
      'filter message = "the list differs from the grants"',
      'stats sum(enter) as let_in, sum(ends) as put_out, latest(entries) as listed, max(@timestamp) as last by acl',
    ],
  };
}

export function latestErrors(of: readonly ServiceFunction[]): DashboardQuery {
  return {
    title: 'Latest errors',
    of,
    view: TABLE,
    lines: ['fields @timestamp, code, acl, detail', 'filter ispresent(code)', 'sort @timestamp desc', 'limit 20'],
  };
}
