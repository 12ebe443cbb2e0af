/** As much of it as is used here: the package brings no types. */
declare module 'dynalite' {
  import type { Server } from 'node:http';
  export default function dynalite(options?: { readonly createTableMs?: number }): Server;
}
