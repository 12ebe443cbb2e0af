/** Of this project, as in package.json: the stack, the command line and every log line of a function carry it. */
export const VERSION = '0.1.0';
