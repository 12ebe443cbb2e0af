import { listAddress } from '../../lib/allowlist/list-address.ts';
import { ListFailure } from '../../lib/allowlist/list-failure.ts';
import { type Finding, ok, warning } from '../doctor/finding.ts';
import { exportLines, KEY_IS_SECRET, senderVariables } from '../sender-variables.ts';
import type { DoStep, SetupWork } from './setup-step.ts';

const STEP = 'sender';

/** What Knocknoc needs to send events, or what the reader needs to read its list. */
export const senderStep: DoStep = async (work) => {
  const { acl, target, here, isNamed, show, tell } = work;
  const list = target.config.acls[acl]?.allowlist ? await listFinding(work) : undefined;
  const variables = await senderVariables(target, acl);
  const how = `Knocknoc's agent needs the webhook's URL and the key of ${acl}`;
  // What nobody has asked for by its name must not get into the log of a pipeline.
  if (!here.terminal.canAsk && !isNamed) {
    const detail = `${how}: \`npm run zone -- sender-env --acl ${acl}\` prints both`;
    return [...(list ? [list] : []), ok(STEP, `${detail}. The URL is ${target.webhook.url}`)];
  }
  if (list) return [list, ok(STEP, `for senders beside the list: \`npm run zone -- sender-env --acl ${acl}\``)];
  tell({ variables });
  show(exportLines(variables));
  here.terminal.note(KEY_IS_SECRET);
  return [ok(STEP, `${how}: docs/knocknoc.md, "The script", says where it goes`)];
};

/** Whether the list is read, or what comes next. */
async function listFinding({ acl, target }: SetupWork): Promise<Finding> {
  const next = `Store its URL and its key: \`npm run zone -- set-allowlist --acl ${acl}\`. docs/knocknoc.md, "From the list", says where Knocknoc shows them.`;
  try {
    listAddress((await target.allowlistSecret?.read()) ?? '', acl);
    return ok(STEP, `where Knocknoc's list of ${acl} is read is stored; \`npm run zone -- doctor\` tries it`);
  } catch (error) {
    if (error instanceof ListFailure)
      return warning(STEP, `Knocknoc's list of ${acl} is not read yet`, next, error.code);
    throw error;
  }
}
