import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { command } from "../../src/cli/command.ts";
import { VERBS } from "../../src/cli/verbs.ts";
import { UNSEEN } from "../finding/unseen.ts";

const folder = mkdtempSync(join(tmpdir(), "firstsight-render-"));
after(() => rmSync(folder, { recursive: true }));

const FINDING = readFileSync("events/finding.ndjson", "utf8").trim();

function fileOf(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function run(...args: readonly string[]) {
  const printed: string[] = [];
  const warned: string[] = [];
  const out = { print: (line: string) => printed.push(line), warn: (line: string) => warned.push(line) };
  const code = await command(VERBS, ["render", ...args], out);
  return { code, printed, warned: warned.join("\n") };
}

const other = FINDING.replaceAll("202427c893aa96f5872548c25ac07516", "1".repeat(32)).replaceAll(
  "/usr/bin/curl",
  "/usr/bin/wget",
);
const TWO = fileOf("two.ndjson.gz", gzipSync(`${FINDING}\n\n${other}\n`));

test("the forms for systems are JSON, a finding a line, in the order of the input", async () => {
  for (const format of ["ocsf", "asff", "eventbridge", "chat"]) {
    const { code, printed } = await run("--format", format, TWO);
    assert.equal(code, 0);
    assert.equal(printed.length, 2, format);
    for (const [index, id] of ["202427c893aa96f5872548c25ac07516", "1".repeat(32)].entries()) {
      const line = printed[index] ?? "";
      assert.ok(!line.includes("\n") && JSON.stringify(JSON.parse(line)).includes(id), format);
    }
  }
});

test("texts stand apart; as JSON they are one a line, too", async () => {
  const text = (await run(TWO)).printed.join("\n");
  assert.match(text, /^.*MEDIUM 47[\s\S]*\n\n.*MEDIUM 47/);
  const mails = (await run("--format", "email", TWO)).printed.join("\n");
  assert.match(mails, /^Subject: \[firstsight\] .* curl: [\s\S]*\n-{72}\nSubject: \[firstsight\] /);
  for (const format of ["text", "email"]) {
    const { printed } = await run("--format", format, "--json", TWO);
    assert.deepEqual(
      printed.map((line) => Object.keys(JSON.parse(line) as object)),
      Array.from({ length: 2 }, () => (format === "text" ? ["text"] : ["subject", "body"])),
    );
  }
});

test("a digest is one message for a rule", async () => {
  const { printed } = await run("--format", "email", "--digest", TWO);
  assert.equal(printed.length, 1);
  assert.match(printed[0] ?? "", /MEDIUM 2 new: [\s\S]*\/usr\/bin\/wget [\s\S]*\/usr\/bin\/curl /);
  assert.match((await run("--format", "ocsf", "--digest", TWO)).warned, /--digest is for people/);
});

test("a digest of what is no finding's kind says what is missing, and of more than come together where they end", async () => {
  const bare = fileOf("bare.ndjson", `${["a", "b"].map((id) => `{"kibana.alert.uuid":"${id}"}`).join("\n")}\n`);
  const mail = (await run("--format", "email", "--digest", bare)).printed.join("\n");
  assert.match(
    mail,
    /^Subject: \[firstsight\] 2 new: a rule without a name\n[\s\S]*\n {2}no terms {4}a\n {2}no terms {4}b\n/,
  );
  assert.match((await run(bare)).printed.join("\n"), /a rule without a name.*\n.*new.* no terms\n/);
  const many = Array.from({ length: 10_001 }, (_, at) => `{"kibana.alert.uuid":"${at}"}\n`).join("");
  const { code, printed, warned } = await run("--digest", fileOf("many.ndjson", many));
  assert.deepEqual([code, printed], [2, []]);
  assert.match(warned, /many\.ndjson:10001: --digest takes 10000 findings and 256 MB at most/);
});

test("a finding that comes twice is told once, and its closing message with it", async () => {
  const closing = readFileSync("events/closing.ndjson", "utf8").trim();
  const { printed } = await run(
    "--format",
    "email",
    "--digest",
    fileOf("c.ndjson", `${closing}\n${FINDING}\n`.repeat(2)),
  );
  assert.match(printed[0] ?? "", /^Subject: \[firstsight\] MEDIUM linux-15\.example curl \(3 held back\): /);
  assert.equal(printed.length, 1);
});

test("an event of EventBridge has the body as it stands in the file", async () => {
  const exact = FINDING.replace('"port":80', '"port":80.0');
  const { printed } = await run("--format", "eventbridge", fileOf("exact.ndjson", `${exact}\n`));
  assert.equal((JSON.parse(printed[0] ?? "") as { readonly Detail: string }).Detail, exact);
});

test("what an attacker wrote moves no terminal, in whichever form", async () => {
  const hostile = FINDING.replaceAll("/usr/bin/curl", "/tmp/\u202egnp.\u00ad\\u001b[2J");
  const file = fileOf("hostile.ndjson", `${hostile}\n`);
  for (const format of ["text", "email", "ocsf", "asff", "eventbridge"]) {
    const { printed } = await run("--format", format, file);
    assert.doesNotMatch(printed.join("").replaceAll("\n", ""), UNSEEN, format);
  }
});

test("what is no finding is told with its place, and passed over", async () => {
  const { code, printed, warned } = await run(
    "--format",
    "ocsf",
    fileOf("mixed.ndjson", `{"a":1}\n${FINDING}\n[1]\n{cut\n`),
  );
  assert.equal(code, 3);
  assert.equal(printed.length, 1);
  assert.match(warned, /mixed\.ndjson:1: this is no finding: it has no kibana\.alert\.uuid/);
  assert.match(warned, /mixed\.ndjson:4: /);
});

test("a format that there is none of is told with those that there are", async () => {
  for (const format of ["html", "constructor", "__proto__"]) {
    const { code, warned } = await run("--format", format, TWO);
    assert.equal(code, 2);
    assert.match(warned, /--format is one of text, email, chat, ocsf, asff, eventbridge, and not/);
  }
});
