import { property, type Resource } from './synthesised.ts';

export interface Widget {
  readonly type: string;
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
  readonly properties: {
    /** Absent from text. */
    readonly title?: string;
    readonly markdown?: string;
    readonly alarms?: readonly string[];
    readonly annotations?: { readonly horizontal?: readonly { readonly value: number; readonly label: string }[] };
    readonly query?: string;
    /** Namespace, name, then names and values of dimensions in turn; options come last. */
    readonly metrics?: readonly (readonly (string | object)[])[];
  };
}

/** What a dashboard shows, with each name of a resource as its logical id. */
export function widgetsOf(dashboard: Resource): Widget[] {
  const texts = (property(dashboard, 'DashboardBody', 'Fn::Join', '1') as readonly unknown[]).map((part) => {
    if (typeof part === 'string') return part;
    return /"([A-Z]\w+)"/.exec(JSON.stringify(Object.values(part ?? {})))?.[1] ?? 'eu-west-1';
  });
  return JSON.parse(texts.join('')).widgets;
}
