import { expect, it } from 'vitest';
import { VERSION } from '../../lib/version.ts';
import { drawing } from './dashboard-drawing.ts';
import { widgetsOf } from './dashboard-widgets.ts';
import { LISTED, resourceOf, templateWith } from './synthesised.ts';

const [, dashboard] = resourceOf(templateWith(LISTED), 'AWS::CloudWatch::Dashboard', 'Dashboard');

it('the drawing in the documents is that of the template; `npm run drawing` renews it', async () => {
  const drawn = drawing(widgetsOf(dashboard)).replaceAll(VERSION, 'x.y.z');
  await expect(`${HEAD}\n${drawn}\n\`\`\`\n`).toMatchFileSnapshot('../../docs/dashboard.md');
});

const HEAD = `# The dashboard

What CloudWatch shows under the name in the stack output \`DashboardName\`, drawn from the template. The last row is there
only where an ACL has an \`allowlist\`. Each graph names its metrics, and each line at which an alarm goes on. What is read
from the log covers the selected time, three hours unless you choose another, and costs a little for what it reads.

It has 50 metrics at most, so it costs nothing in an account with up to three dashboards, and 3 dollars a month in any
other (AWS's price list).

\`\`\`text`;
