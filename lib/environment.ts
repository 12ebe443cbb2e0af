import type { ENV } from './names.ts';

type Name = (typeof ENV)[keyof typeof ENV];

/** @throws {Error} when the stack did not set the variable */
export function environmentVariable(environment: Readonly<Record<string, string | undefined>>, name: Name): string {
  const value = environment[name];
  if (!value) throw new Error(`the environment variable ${name} is not set`);
  return value;
}

/** Makes a value on first use and keeps it, once making it succeeded: importing a handler needs no environment. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
