/** What one invocation did, counted once into and once out of each step. */
export interface Ledger {
  records: number;
  /** Of these, the ones that there was no time to read. */
  unread: number;
  /** Records passed over unparsed, since they hold nothing that any rule could match. */
  skipped: number;
  /** Pieces found in the records; of a record that is not read on, the rest is one. */
  documents: number;
  events: number;
  /** Log events of envelopes passed over unparsed, for the same reason as a record. */
  passedOver: number;
  /** Documents that cannot become events, or were not looked at. */
  quarantined: number;
  /** Records over their budget, put away whole. */
  cut: number;
  /** What the quarantine did not take: its record is retried, or goes under Firehose's error prefix. */
  quarantineFailed: number;
  controlMessages: number;
  /** Payloads read with replacement characters. */
  repaired: number;
  /** Events that came raw, and were made ECS of. */
  normalised: number;
  /** Events of a raw shape that nobody here makes ECS of, so that no rule can match; of what is passed over a few are looked at. */
  unnormalised: number;
  /** Events without a data stream, which every rule looks at. */
  unscoped: number;
  /** Events times the rules whose index they are in. */
  ruleEvaluations: number;
  matched: number;
  unmatched: number;
  /** Rules that threw over an event, which is in quarantine for it. */
  ruleFailures: number;
  /** Matches that an exception hides: neither candidates nor history. */
  excepted: number;
  withoutTerms: number;
  withCombinations: number;
  combinations: number;
  known: number;
  new: number;
  learned: number;
  undecided: number;
  published: number;
  /** Undecided sightings put on the retry queue, where a stream cannot be asked to deliver again. */
  parked: number;
  /** Those that queue did not take. */
  parkFailed: number;
  /** Claimed, stored, and left to the sweeper. */
  pending: number;
  /** New, and listed in a window of alert suppression, whose closing message tells of them. */
  suppressed: number;
  /** Findings of dead invocations, published for them. */
  republished: number;
  /** Events with more combinations than are looked at. */
  overflows: number;
  /** Records older than history reaches: they teach, and find nothing. */
  stale: number;
  cacheHits: number;
  /** Of the published findings, the canary's. */
  canary: number;
  /** Seconds from when one of their events was scheduled until it was published, of the slowest; 0 where there is none. */
  canaryDelay: number;
  /** Rules that still learn, as of the first record. */
  learning: number;
}

export function emptyLedger(): Ledger {
  return {
    records: 0,
    unread: 0,
    skipped: 0,
    documents: 0,
    events: 0,
    passedOver: 0,
    quarantined: 0,
    cut: 0,
    quarantineFailed: 0,
    controlMessages: 0,
    repaired: 0,
    normalised: 0,
    unnormalised: 0,
    unscoped: 0,
    ruleEvaluations: 0,
    matched: 0,
    unmatched: 0,
    ruleFailures: 0,
    excepted: 0,
    withoutTerms: 0,
    withCombinations: 0,
    combinations: 0,
    known: 0,
    new: 0,
    learned: 0,
    undecided: 0,
    published: 0,
    parked: 0,
    parkFailed: 0,
    pending: 0,
    suppressed: 0,
    republished: 0,
    overflows: 0,
    stale: 0,
    cacheHits: 0,
    canary: 0,
    canaryDelay: 0,
    learning: 0,
  };
}

/** The equations that hold of every invocation, each with its two sides. */
const EQUATIONS: readonly (readonly [string, (ledger: Ledger) => readonly [number, number]])[] = [
  [
    "documents = events + passed over + quarantined + control messages",
    (l) => [l.documents, l.events + l.passedOver + l.quarantined + l.controlMessages],
  ],
  [
    "rule evaluations = matched + unmatched + failed",
    (l) => [l.ruleEvaluations, l.matched + l.unmatched + l.ruleFailures],
  ],
  [
    "matched = excepted + without terms + with combinations",
    (l) => [l.matched, l.excepted + l.withoutTerms + l.withCombinations],
  ],
  [
    "combinations = known + new + learned + undecided",
    (l) => [l.combinations, l.known + l.new + l.learned + l.undecided],
  ],
  ["new = published + pending + suppressed", (l) => [l.new, l.published + l.pending + l.suppressed]],
];

/** The equations that do not hold, in words; none, if nothing went missing. */
export function imbalances(ledger: Ledger): string[] {
  return EQUATIONS.flatMap(([name, sides]) => {
    const [left, right] = sides(ledger);
    return left === right ? [] : [`${name}: ${left} is not ${right}`];
  });
}
