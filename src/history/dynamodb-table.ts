import { randomInt } from "node:crypto";
import { closingId, windowKey } from "./key.ts";
import {
  type Closing,
  type CurrentWindow,
  type Suppression,
  WINDOW_KEPT_MS,
  WINDOW_MEMBERS,
} from "./suppression-window.ts";
import {
  type Count,
  counterExpiry,
  expiry,
  type HistoryTable,
  type Item,
  MOST_COUNTED,
  OUTBOX_PARTITIONS,
  PENDING_PAGE,
  type Reading,
} from "./table.ts";

/** A value in DynamoDB's JSON: bytes are in base64. */
interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  readonly B?: string;
  readonly L?: readonly AttributeValue[];
  readonly SS?: readonly string[];
}

type Attributes = Readonly<Record<string, AttributeValue>>;

/**
 * A request in DynamoDB's JSON.
 * @throws DynamoDbError
 */
export type DynamoDb = (
  operation: "BatchGetItem" | "GetItem" | "Query" | "UpdateItem",
  input: object,
) => Promise<Answer>;

/** What comes back of any of the operations. */
export interface Answer {
  readonly Item?: Attributes;
  readonly Items?: readonly Attributes[];
  readonly Attributes?: Attributes;
  readonly Responses?: Readonly<Record<string, readonly Attributes[]>>;
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys: readonly Attributes[] }>>;
}

/** Its name is the code that DynamoDB gives it; `Item` is what stood in the way of a conditional write. */
export interface DynamoDbError extends Error {
  readonly Item?: Attributes;
}

// Attribute names, short since each is paid for in every item. `st` state, `r` rule id, `tm` terms, `fs`/`ls` first and
// last seen, `fid` finding id, `ev` trigger event, `ob` outbox, `att` attempts, `gp`/`gs` outbox index key, of which `gs`
// is the lease's end, `ex` TTL stamp, `pt` published at, `w` window in ms, `n` a counter's combinations. `r`, `tm` and
// `pt` are for people. The item of a rule's start has `r`, `fs` (since), `ls` (shown) and `w`, and that of a counter `r`, `n`, `fs`, `ls`, `ex`.
//
// Of suppression: `sk` the group's key, `sd` its duration in ms, `sm` the member, `sf` the fate; in a window `op` is the
// opener's id, `mb` the members; in a group's own item `op` and `en` are its window's opener and end.
//
// Up to 1,024 bytes an item costs one unit to write, so a new finding four: two writes, and two of the index.

const OUTBOX_INDEX = "outbox";
const READ = "#pk, #st, #fs, #ls, #gs, #ev, #att";
const READ_START = "#pk, #fs, #ls";
const READ_COUNT = "#pk, #n, #fs, #ls";
const READ_ATTEMPTS = 5;
const READ_BACKOFF_MS = 25;

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
  async function attributesOf(key: string): Promise<Attributes | undefined> {
    const input = { TableName: tableName, Key: { pk: { S: key } }, ConsistentRead: true };
    return (await request("GetItem", input)).Item;
  }

  async function getItem(key: string): Promise<Item | undefined> {
    const attributes = await attributesOf(key);
    return attributes === undefined ? undefined : toItem(attributes);
  }

  async function getFragment(digest: string): Promise<Uint8Array | undefined> {
    const fragment = (await attributesOf(fragmentKey(digest)))?.["ob"];
    return fragment && bytes(fragment);
  }

  /** One write, mostly conditional: the item as it is now, or the one that was in the way, where it is wanted. */
  async function update(
    key: string,
    condition: string | undefined,
    change: string,
    values: Attributes,
    wanted: Wanted = {},
  ): Promise<Written> {
    const used = `${condition ?? ""} ${change}`;
    try {
      const { Attributes } = await request("UpdateItem", {
        TableName: tableName,
        Key: { pk: { S: key } },
        ...(condition === undefined ? {} : { ConditionExpression: condition }),
        UpdateExpression: change,
        ExpressionAttributeNames: namesIn(used),
        ExpressionAttributeValues: valuesIn(used, { ":P": { S: "P" }, ...values }),
        ...wanted,
      });
      return { written: true, attributes: Attributes ?? {} };
    } catch (error) {
      const { name, Item } = error as DynamoDbError;
      if (name === "ConditionalCheckFailedException") return { written: false, inTheWay: Item };
      throw error;
    }
  }

  /** The items that there are of up to READ_LIMIT keys, by key. */
  async function batchGet(keys: readonly string[], projection: string, more: object = {}) {
    const found = new Map<string, Attributes>();
    let pending: readonly Attributes[] = keys.map((key) => ({ pk: { S: key } }));
    for (let attempt = 0; pending.length > 0; attempt++) {
      // A key left unread is not an absent one: better no answer than a wrong one.
      if (attempt === READ_ATTEMPTS) throw new Error(`DynamoDB left ${pending.length} keys unprocessed`);
      if (attempt > 0) await pause(READ_BACKOFF_MS * 2 ** attempt * Math.random());
      const names = namesIn(projection);
      const wanted = { Keys: pending, ProjectionExpression: projection, ExpressionAttributeNames: names, ...more };
      const { Responses, UnprocessedKeys } = await request("BatchGetItem", { RequestItems: { [tableName]: wanted } });
      for (const item of Responses?.[tableName] ?? []) found.set(text(item["pk"]), item);
      pending = UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return found;
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
          `#w=:w${claim.suppression === undefined ? "" : setting(claim.suppression)} REMOVE #ex, #pt`,
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
      const { Items = [] } = await request("Query", {
        TableName: tableName,
        IndexName: OUTBOX_INDEX,
        KeyConditionExpression: "#gp = :gp",
        ExpressionAttributeNames: namesIn("#gp"),
        ExpressionAttributeValues: { ":gp": { S: partitionKey(partition) } },
        Limit: PENDING_PAGE,
      });
      return Items.map((item) => ({ key: text(item["pk"]), leaseUntil: number(item["gs"]) }));
    },
  };
}

interface Wanted {
  readonly ReturnValues?: "ALL_NEW";
  readonly ReturnValuesOnConditionCheckFailure?: "ALL_OLD";
}

type Written =
  | { readonly written: true; readonly attributes: Attributes }
  | { readonly written: false; readonly inTheWay: Attributes | undefined };

function mapped<T>(items: ReadonlyMap<string, Attributes>, to: (item: Attributes) => T): Map<string, T> {
  return new Map(Array.from(items, ([key, item]) => [key, to(item)]));
}

function countOf(item: Attributes): Count {
  return { combinations: number(item["n"]), firstSeen: number(item["fs"]), lastSeen: number(item["ls"]) };
}

function readingOf(item: Attributes): Reading {
  const state = stateOf(item);
  const seen = { firstSeen: number(item["fs"]), lastSeen: number(item["ls"]) };
  if (state !== "P") return { state, ...seen };
  const [leaseUntil, attempts] = [number(item["gs"]), number(item["att"])];
  return { state, ...seen, leaseUntil, attempts, triggerId: text(item["ev"]) };
}

function toItem(item: Attributes): Item {
  const reading = readingOf(item);
  if (reading.state !== "P") return reading;
  return {
    ...reading,
    findingId: item["fid"]?.B === undefined ? text(item["fid"]) : bytes(item["fid"]).toString("hex"),
    outbox: bytes(item["ob"]),
    windowMs: number(item["w"]),
    ...(item["sk"] === undefined ? {} : { suppression: suppressionOf(item) }),
    ...(item["op"] === undefined ? {} : { closing: closingOf(item) }),
  };
}

function suppressionOf(item: Attributes): Suppression {
  const [group, member, fate] = [text(item["sk"]), text(item["sm"]), item["sf"]?.S];
  return { group, durationMs: number(item["sd"]), member, ...(fate === undefined ? {} : { fate }) };
}

function setting({ fate }: Suppression): string {
  return `, #sk=:sk, #sd=:sd, #sm=:sm${fate === undefined ? "" : ", #sf=:sf"}`;
}

function suppressionValues({ group, durationMs, member, fate }: Suppression): Attributes {
  return { ":sk": { S: group }, ":sd": toNumber(durationMs), ":sm": { S: member }, ":sf": { S: fate ?? "" } };
}

function windowOf(item: Attributes): CurrentWindow {
  return { opener: text(item["op"]), end: number(item["en"]) };
}

function closingOf(item: Attributes): Closing {
  return { opener: text(item["op"]), end: number(item["ls"]), members: item["mb"]?.SS ?? [] };
}

/** Sixteen bytes for the 32 digits of an id. */
function idOf(findingId: string): AttributeValue {
  const digits = Buffer.from(findingId, "hex");
  return digits.toString("hex") === findingId ? toBytes(digits) : { S: findingId };
}

function stateOf(item: Attributes): Item["state"] {
  const state = text(item["st"]);
  if (state !== "P" && state !== "D" && state !== "L") throw new Error(`history item in unknown state "${state}"`);
  return state;
}

function text(value: AttributeValue | undefined): string {
  return value?.S ?? "";
}

function number(value: AttributeValue | undefined): number {
  return Number(value?.N);
}

function bytes(value: AttributeValue | undefined): Buffer {
  return Buffer.from(value?.B ?? "", "base64");
}

function toBytes(value: Uint8Array): AttributeValue {
  return { B: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
}

function toNumber(value: number): AttributeValue {
  return { N: String(value) };
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

interface Aliases {
  readonly names: Readonly<Record<string, string>>;
  readonly values: readonly string[];
}

const aliases = new Map<string, Aliases>();

/** What an expression names: there are a dozen expressions, and each is looked through once. */
function aliasesIn(expression: string): Aliases {
  let found = aliases.get(expression);
  if (found === undefined) {
    const names = new Set(expression.match(/#[a-z]+/g));
    found = {
      // Every name goes in as an alias, since some (`ttl`, `state`, `items`) are reserved; DynamoDB refuses unused ones.
      names: Object.fromEntries([...names].map((alias) => [alias, alias.slice(1)])),
      values: [...new Set(expression.match(/:[A-Za-z]+/g))],
    };
    aliases.set(expression, found);
  }
  return found;
}

function namesIn(expression: string): Readonly<Record<string, string>> {
  return aliasesIn(expression).names;
}

/** Those of the values that the expression names. */
function valuesIn(expression: string, values: Attributes): Attributes {
  return Object.fromEntries(aliasesIn(expression).values.map((alias) => [alias, values[alias] ?? {}]));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
