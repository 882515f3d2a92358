import { randomInt } from "node:crypto";
import {
  type AttributeValue,
  bytes,
  countOf,
  idOf,
  mapped,
  number,
  readingOf,
  suppressionChange,
  suppressionValues,
  text,
  toBytes,
  toItem,
  toNumber,
  windowOf,
} from "./dynamodb-item.ts";
import { type DynamoDb, dynamoDbRequests } from "./dynamodb-requests.ts";
import { closingId, windowKey } from "./key.ts";
import { WINDOW_KEPT_MS, WINDOW_MEMBERS } from "./suppression-window.ts";
import {
  counterExpiry,
  expiry,
  type HistoryTable,
  type Item,
  MOST_COUNTED,
  OUTBOX_PARTITIONS,
  PENDING_PAGE,
} from "./table.ts";

const OUTBOX_INDEX = "outbox";
const READ = "#pk, #st, #fs, #ls, #gs, #ev, #att";
const READ_START = "#pk, #fs, #ls";
const READ_COUNT = "#pk, #n, #fs, #ls";

// The conditions by name. `<> :P` also holds where #st is missing, which is why every write sets it.
const IS_ABSENT = "attribute_not_exists(#pk)";
const IS_PENDING = "#st = :P";
const IS_SETTLED = "#st <> :P";
const IS_SEEN_BEFORE = "#ls < :ls";
const IS_PAST_WINDOW = "#ls < :cut";
const IS_OPEN = `${IS_PENDING} AND #att = :zero AND (attribute_not_exists(#mb) OR size(#mb) < :most)`;
const IS_COUNTED_ON = "attribute_not_exists(#n) OR #n <= :most";
/** An id is stored as bytes, and was stored as text. */
const IS_FINDING = "(#fid = :fid OR #fid = :fidText)";

/**
 * The history in a DynamoDB table: partition key `pk` (S), sparse index `outbox` (`gp` S, `gs` N), TTL on `ex`. An item
 * for each combination, one for each fragment that findings name, one for each rule's start, and one for each counter;
 * of suppression one for each window, and one for each group.
 */
export function dynamoDbTable(request: DynamoDb, tableName: string): HistoryTable {
  const { attributesOf, batchGet, query, update } = dynamoDbRequests(request, tableName);

  async function getItem(key: string): Promise<Item | undefined> {
    const attributes = await attributesOf(key);
    return attributes === undefined ? undefined : toItem(attributes);
  }

  async function getFragment(digest: string): Promise<Uint8Array | undefined> {
    const fragment = (await attributesOf(fragmentKey(digest)))?.["ob"];
    return fragment && bytes(fragment);
  }

  return {
    async read(keys) {
      return mapped(await batchGet(keys, READ), readingOf);
    },

    get: getItem,

    async claim(key, claim) {
      const outcome = await update(
        key,
        `${IS_ABSENT} OR (${IS_SETTLED} AND ${IS_PAST_WINDOW})`,
        "SET #st=:P, #r=:r, #tm=:tm, #fs=:fs, #ls=:ls, #fid=:fid, #ev=:ev, #ob=:ob, #att=:zero, #gp=:gp, #gs=:gs, " +
          `#w=:w${claim.suppression === undefined ? "" : suppressionChange(claim.suppression)} REMOVE #ex, #pt`,
        {
          ...(claim.suppression === undefined ? {} : suppressionValues(claim.suppression)),
          ":cut": toNumber(claim.firstSeen - claim.windowMs),
          ":r": { S: claim.ruleId },
          ":tm": { L: claim.preview.map((term) => ({ S: term })) },
          ":fs": toNumber(claim.firstSeen),
          ":ls": toNumber(claim.lastSeen),
          ":fid": idOf(claim.findingId),
          ":ev": { S: claim.triggerId },
          ":ob": toBytes(claim.outbox),
          ":gs": toNumber(claim.leaseUntil),
          ":gp": anyPartition(),
          ":w": toNumber(claim.windowMs),
          ":zero": toNumber(0),
        },
        { ReturnValuesOnConditionCheckFailure: "ALL_OLD" },
      );
      if (outcome.written) return { claimed: true };
      // DynamoDB sends the item along; some emulators do not.
      return { claimed: false, item: outcome.inTheWay === undefined ? await getItem(key) : toItem(outcome.inTheWay) };
    },

    async complete(key, { findingId, now, windowMs, lastSeen }) {
      const { written } = await update(
        key,
        `${IS_PENDING} AND ${IS_FINDING}`,
        "SET #st=:D, #pt=:pt, #ex=:ex REMOVE #ob, #att, #gp, #gs, #sk, #sd, #sm, #sf",
        {
          ":fid": idOf(findingId),
          ":fidText": { S: findingId },
          ":D": { S: "D" },
          ":pt": toNumber(now),
          ":ex": toNumber(expiry(Math.max(now, lastSeen), windowMs)),
        },
      );
      return written;
    },

    async refresh(key, { lastSeen, windowMs }) {
      const { written } = await update(
        key,
        `attribute_exists(#pk) AND ${IS_SETTLED} AND ${IS_SEEN_BEFORE}`,
        "SET #ls=:ls, #ex=:ex",
        { ":ls": toNumber(lastSeen), ":ex": toNumber(expiry(lastSeen, windowMs)) },
      );
      return written;
    },

    async refreshPending(key, lastSeen) {
      const { written } = await update(key, `${IS_PENDING} AND ${IS_SEEN_BEFORE}`, "SET #ls=:ls", {
        ":ls": toNumber(lastSeen),
      });
      return written;
    },

    async takeOver(key, { findingId, seen, until }) {
      const outcome = await update(
        key,
        `${IS_PENDING} AND ${IS_FINDING} AND #gs = :seen`,
        "SET #gs=:gs, #att=#att+:one",
        {
          ":fid": idOf(findingId),
          ":fidText": { S: findingId },
          ":seen": toNumber(seen),
          ":gs": toNumber(until),
          ":one": toNumber(1),
        },
        { ReturnValues: "ALL_NEW" },
      );
      const item = outcome.written ? toItem(outcome.attributes) : undefined;
      return item?.state === "P" ? item : undefined;
    },

    async learn(key, { lastSeen, windowMs, ruleId, preview }) {
      const { written } = await update(
        key,
        `${IS_ABSENT} OR (${IS_SETTLED} AND ${IS_SEEN_BEFORE})`,
        "SET #st=if_not_exists(#st,:L), #r=:r, #tm=:tm, #fs=if_not_exists(#fs,:ls), #ls=:ls, #ex=:ex",
        {
          ":L": { S: "L" },
          ":r": { S: ruleId },
          ":tm": { L: preview.map((term) => ({ S: term })) },
          ":ls": toNumber(lastSeen),
          ":ex": toNumber(expiry(lastSeen, windowMs)),
        },
      );
      return written;
    },

    async keepFragment(digest, fragment) {
      // A write that finds it there is paid for as one that does not: six times a read.
      if ((await getFragment(digest)) === undefined) {
        await update(fragmentKey(digest), IS_ABSENT, "SET #ob=:ob", { ":ob": toBytes(fragment) });
      }
      return true;
    },

    fragment: getFragment,

    async currentWindow(group) {
      const item = await attributesOf(group);
      return item && windowOf(item);
    },

    async openWindow({ opener, start, end, due, outbox }) {
      await update(
        windowKey(opener),
        IS_ABSENT,
        "SET #st=:P, #fs=:fs, #ls=:ls, #fid=:fid, #ob=:ob, #att=:zero, #gp=:gp, #gs=:gs, #w=:w, #op=:op",
        {
          ":fs": toNumber(start),
          ":ls": toNumber(end),
          ":fid": idOf(closingId(opener)),
          ":ob": toBytes(outbox),
          ":gs": toNumber(due),
          ":gp": anyPartition(),
          ":op": { S: opener },
          ":w": toNumber(WINDOW_KEPT_MS),
          ":zero": toNumber(0),
        },
      );
    },

    async succeed(group, seen, { opener, end }) {
      const { written } = await update(
        group,
        seen === undefined ? IS_ABSENT : "#op = :seen",
        "SET #op=:op, #en=:en, #ex=:ex",
        {
          ":seen": { S: seen ?? "" },
          ":op": { S: opener },
          ":en": toNumber(end),
          ":ex": toNumber(expiry(end, 0)),
        },
      );
      return written;
    },

    async join(opener, members) {
      const { written } = await update(windowKey(opener), IS_OPEN, "ADD #mb :mb", {
        ":mb": { SS: members },
        ":most": toNumber(WINDOW_MEMBERS),
        ":zero": toNumber(0),
      });
      return written;
    },

    async members(opener) {
      return (await attributesOf(windowKey(opener)))?.["mb"]?.SS ?? [];
    },

    async decideFate(key, { findingId, from, to }) {
      const { written } = await update(
        key,
        `${IS_PENDING} AND ${IS_FINDING} AND ${from === undefined ? "attribute_not_exists(#sf)" : "#sf = :from"}`,
        "SET #sf=:to",
        {
          ":fid": idOf(findingId),
          ":fidText": { S: findingId },
          ":from": { S: from ?? "" },
          ":to": { S: to },
        },
      );
      return written;
    },

    async starts(keys) {
      const items = await batchGet(keys, READ_START, { ConsistentRead: true });
      return mapped(items, (item) => ({ since: number(item["fs"]), shown: number(item["ls"]) }));
    },

    async start(key, { at, ruleId, windowMs }) {
      const values = { ":fs": toNumber(at), ":r": { S: ruleId }, ":w": toNumber(windowMs) };
      const change = "SET #fs=if_not_exists(#fs,:fs), #ls=if_not_exists(#ls,:fs), #r=:r, #w=:w";
      const outcome = await update(key, undefined, change, values, { ReturnValues: "ALL_NEW" });
      // Without a condition there is nothing in the way.
      return number(outcome.written ? outcome.attributes["fs"] : undefined);
    },

    async startEarlier(key, at) {
      return (await update(key, "#fs > :fs", "SET #fs=:fs", { ":fs": toNumber(at) })).written;
    },

    async counts(keys) {
      return mapped(await batchGet(keys, READ_COUNT), countOf);
    },

    async count(key, { by, at, windowMs, ruleId }) {
      const change = "SET #n=if_not_exists(#n,:zero)+:by, #fs=if_not_exists(#fs,:at), #ls=:at, #ex=:ex, #r=:r";
      const { written } = await update(key, IS_COUNTED_ON, change, {
        ":most": toNumber(MOST_COUNTED),
        ":zero": toNumber(0),
        ":by": toNumber(by),
        ":at": toNumber(at),
        ":ex": toNumber(counterExpiry(at, windowMs)),
        ":r": { S: ruleId },
      });
      return written;
    },

    async recount(key, before, { combinations, firstSeen, lastSeen, windowMs, ruleId }) {
      const condition = before === undefined ? IS_ABSENT : "#n = :before";
      const { written } = await update(key, condition, "SET #n=:n, #fs=:fs, #ls=:ls, #ex=:ex, #r=:r", {
        ":before": toNumber(before?.combinations ?? 0),
        ":n": toNumber(combinations),
        ":fs": toNumber(firstSeen),
        ":ls": toNumber(lastSeen),
        ":ex": toNumber(counterExpiry(lastSeen, windowMs)),
        ":r": { S: ruleId },
      });
      return written;
    },

    async pending(partition) {
      const items = await query(OUTBOX_INDEX, "#gp = :gp", { ":gp": { S: partitionKey(partition) } }, PENDING_PAGE);
      return items.map((item) => ({ key: text(item["pk"]), leaseUntil: number(item["gs"]) }));
    },
  };
}

/** No key of a combination's begins so. The item has no state, no lease and no TTL stamp. */
function fragmentKey(digest: string): string {
  return `rule#${digest}`;
}

/** By chance, not by the key: whoever can choose keys must not choose where they meet. */
function anyPartition(): AttributeValue {
  return { S: partitionKey(randomInt(OUTBOX_PARTITIONS)) };
}

function partitionKey(partition: number): string {
  return `o#${partition}`;
}
