/** A sighting as both engines are shown it. */
export interface ModelEvent {
  readonly id: string;
  readonly combination: string;
  /** Epoch ms: arrival here, `event.ingested` in Kibana. */
  readonly at: number;
}

const INTERVAL_MS = 5 * 60_000;
/** How far a run looks for new combinations: from = now-9m. */
export const LOOKBACK_MS = 9 * 60_000;

/**
 * What Kibana's new_terms rule type alerts on: a run each five minutes, which finds a combination new where it has an
 * event within the lookback and none earlier in the window, both ends counted. An event alerts once.
 * @param phase ms past the grid at which runs start
 * @returns ids of the events that become alerts
 */
export function kibanaAlerts(events: readonly ModelEvent[], windowMs: number, phase: number): Set<string> {
  const byCombination = Map.groupBy(events, ({ combination }) => combination);
  const alerts = new Set<string>();
  for (const own of byCombination.values()) {
    const sorted = own.toSorted((a, b) => a.at - b.at);
    for (const { at } of sorted) {
      const firstRun = Math.ceil((at - phase) / INTERVAL_MS) * INTERVAL_MS + phase;
      for (let run = firstRun; run - LOOKBACK_MS <= at; run += INTERVAL_MS) {
        const [earliest] = sorted.filter((event) => event.at >= run - windowMs && event.at <= run);
        if (earliest !== undefined && earliest.at > run - LOOKBACK_MS) alerts.add(earliest.id);
      }
    }
  }
  return alerts;
}
