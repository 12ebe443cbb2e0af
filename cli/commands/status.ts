import { type AclStatus, readAclStatus } from '../acl-status.ts';
import { type Command, chosenAcls } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { explain } from '../explain.ts';
import { moment } from '../moments.ts';
import { statusText } from '../status-text.ts';
import { jsonText, type Paint, painter } from '../terminal.ts';

export interface StatusOptions {
  readonly acl?: readonly string[];
  readonly json: boolean;
  /** Seconds between two readings; undefined: one reading. */
  readonly watch?: number;
}

/** Who is let in, and how the zones stand, by what is stored. */
export const status: Command<StatusOptions> = async (target, options, here) => {
  const { terminal, clock, stop } = here;
  const acls = chosenAcls(target, options.acl);
  const show = async () => {
    const now = clock.now();
    const statuses = await Promise.all(acls.map((acl) => readAclStatus(target, acl, now)));
    if (options.json) {
      const answer = { target: target.name, at: new Date(now).toISOString(), acls: statuses };
      // One line a reading for whoever reads along.
      terminal.out(jsonText(answer, options.watch === undefined ? 2 : undefined));
    } else {
      if (options.watch !== undefined) terminal.clear();
      terminal.out(page(target.name, statuses, now, painter(terminal)));
    }
  };
  await show();
  while (options.watch !== undefined && !stop.aborted && (await terminal.isRead())) {
    await clock.sleep(options.watch * 1000);
    if (stop.aborted) break;
    // Whoever watches wants to see when it is there again.
    await show().catch((error: unknown) => terminal.note(`${explain(error).message}; trying again`));
  }
  return EXIT.fine;
};

function page(name: string, statuses: readonly AclStatus[], now: number, paint: Paint): string {
  const title = `${paint('bold', name)}  ${paint('dim', moment(now))}`;
  return [title, ...statuses.map((one) => statusText(one, now, paint))].join('\n\n');
}
