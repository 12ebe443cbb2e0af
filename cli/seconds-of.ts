const SECONDS = { s: 1, m: 60, h: 3600 } as const;

/** How long a person says that something lasts, such as 30s, 15m or 8h. @returns seconds; undefined for anything else */
export function secondsOf(text: string): number | undefined {
  const match = /^(\d{1,9})([smh])$/.exec(text);
  return match ? Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS] : undefined;
}
