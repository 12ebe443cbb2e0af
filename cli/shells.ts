import { script } from '@bomb.sh/tab';

/** Shells that can learn to complete this program's commands. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
/** The word with which a shell asks what could come next. */
export const ASKS = 'complete';
/** What a person types: what npm runs no shell completes. */
const PROGRAM = 'knocknoc-okta-zone';

/** Writes the lines by which a shell learns to ask. */
export function printScript(shell: (typeof SHELLS)[number]): void {
  script(shell, PROGRAM, PROGRAM);
}
