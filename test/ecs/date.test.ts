import assert from "node:assert/strict";
import { test } from "node:test";
import { date } from "../../src/ecs/date.ts";
import { parseDateMath } from "../../src/ecs/date-math.ts";
import { parseDate } from "../../src/ecs/iso-date.ts";

const NOW = Date.parse("2024-02-29T13:14:15.678Z");
const clock = () => NOW;
const at = (text: string, up: boolean) => {
  const found = parseDateMath(text, up, clock)?.();
  return found === undefined ? undefined : new Date(found).toISOString();
};

test("date math goes by calendar, in UTC", () => {
  assert.equal(at("now", false), "2024-02-29T13:14:15.678Z");
  assert.equal(at("now-1d", false), "2024-02-28T13:14:15.678Z");
  assert.equal(at("now+1y", false), "2025-02-28T13:14:15.678Z", "there is no 29 February");
  assert.equal(at("2024-01-31||+1M", false), "2024-02-29T00:00:00.000Z");
  assert.equal(at("now/w", false), "2024-02-26T00:00:00.000Z", "weeks begin on Monday");
  assert.equal(at("now/M", true), "2024-02-29T23:59:59.999Z");
  assert.equal(at("now/y", false), "2024-01-01T00:00:00.000Z");
  assert.equal(at("now-1d/d+2h", false), "2024-02-28T02:00:00.000Z");
  assert.equal(at("2024-02-29T10:00:00+02:00||/h", false), "2024-02-29T08:00:00.000Z");
});

test("a bound that rounds up has its missing parts at their last, months and days aside", () => {
  assert.equal(at("2024-02-29", true), "2024-02-29T23:59:59.999Z");
  assert.equal(at("2024-02", true), "2024-02-01T23:59:59.999Z");
  assert.equal(at("2024-02-29T10", true), "2024-02-29T10:59:59.999Z");
  assert.equal(at("2024-02-29T10:00:00.1Z", true), "2024-02-29T10:00:00.100Z");
});

test("what is no date math is refused", () => {
  for (const text of [
    "",
    "today",
    "now-",
    "now-1",
    "now/2d",
    "now-1q",
    "now 1d",
    "2024-02-29||x",
    "||",
    "now-9999999999d",
  ]) {
    assert.equal(parseDateMath(text, false, clock), undefined, text);
  }
  assert.throws(() => date(clock).range("gt", "yesterday"), /"yesterday" is not a date; write/);
});

test("now is asked for with each event", () => {
  let now = NOW;
  const isRecent = date(() => now).range("gte", "now-1h");
  assert.equal(isRecent("2024-02-29T13:00:00Z"), true);
  now += 3_600_000;
  assert.equal(isRecent("2024-02-29T13:00:00Z"), false);
});

test("impossible dates are none", () => {
  for (const text of [
    "2023-02-29",
    "2024-13-01",
    "2024-00-01",
    "2024-02-29T24:00:00Z",
    "2024-2-9",
    "24-02-09",
    "1e3",
    " 2024",
  ]) {
    assert.equal(parseDate(text), undefined, text);
  }
});

test("an offset is one that Elasticsearch reads: java.time's, to eighteen hours", () => {
  const utc = (offset: string) => {
    const time = parseDate(`2024-02-29T10:00:00${offset}`);
    return time === undefined ? undefined : new Date(time).toISOString();
  };
  assert.equal(utc("+02"), "2024-02-29T08:00:00.000Z");
  assert.equal(utc("+0230"), "2024-02-29T07:30:00.000Z");
  assert.equal(utc("-02:30"), "2024-02-29T12:30:00.000Z");
  assert.equal(utc("+01:02:03"), "2024-02-29T08:57:57.000Z");
  assert.equal(utc("+010203"), "2024-02-29T08:57:57.000Z");
  assert.equal(utc("-18:00"), "2024-03-01T04:00:00.000Z");
  assert.equal(utc("+18"), "2024-02-28T16:00:00.000Z");
  for (const offset of [
    ...["+18:01", "-18:00:01", "+19", "+99:00", "-99", "+02:60", "+02:00:60", "+24:00"],
    ...["+", "+2", "+02:", "+02:0", "+02:000", "+0200:00", "+02:0000", "+02:00:", "+02:00:00:00", "Z0", "ZZ", "+-2:00"],
  ]) {
    assert.equal(utc(offset), undefined, offset);
  }
});

test("an event with an offset that Elasticsearch refuses has no date there, for a rule neither", () => {
  const semantics = date(clock);
  assert.equal(semantics.canonical?.("2024-02-29T10:00:00+18:00")?.value, Date.parse("2024-02-28T16:00:00Z"));
  assert.equal(semantics.indexes("2024-02-29T10:00:00+18:01"), false);
  assert.equal(semantics.canonical?.("2024-02-29T10:00:00+99:00"), undefined);
  assert.throws(() => semantics.range("gt", "2024-02-29T10:00:00+99:00"), /is not a date/);
});
