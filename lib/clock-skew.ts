/** Two clocks of this system may differ by this much, in milliseconds. */
export const CLOCK_SKEW_MS = 5_000;

/** What is stored of events, grants and lists is believed up to this much ahead of one's own clock, in milliseconds. */
export const MOST_AHEAD_MS = 300_000;
