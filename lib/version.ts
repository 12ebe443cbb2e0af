/** Of this project, as in package.json: the stack, the command line and every log line of a function carry it. */
export const VERSION = '0.1.0';

/** Where the project can be read, as in package.json; the stack's dashboard links to the runbook there. It names none yet. */
export const REPOSITORY: string | undefined = undefined;
