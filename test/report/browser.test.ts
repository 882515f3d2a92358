import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { AxeResults } from "axe-core";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { reportHtml } from "../../src/report/page.ts";
import { sampleReplay } from "./sample.ts";

// The page as a browser has it: offline, with and without scripts, in both colours, on a desk and on a telephone.

const SHELL = "/usr/bin/chromium-headless-shell";

if (!existsSync(SHELL)) {
  console.log(
    `SKIPPED: NO BROWSER AT ${SHELL}. How the report looks, and that it is safe in a browser, is not tested here.`,
  );
  test("the report in a browser", { skip: "no browser" }, () => {});
} else {
  const directory = mkdtempSync(join(tmpdir(), "firstsight-report-"));
  const file = join(directory, "report.html");
  const { result, findings } = sampleReplay();
  writeFileSync(file, reportHtml(result, findings, "made on Friday"));
  // As root there is no sandbox to be had, and /dev/shm is small in containers.
  const browser = await chromium.launch({ executablePath: SHELL, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  after(async () => {
    await browser.close();
    rmSync(directory, { recursive: true });
  });

  /** Does something with the page, and holds it to having asked for nothing, said nothing and complained of nothing. */
  const visit = async (options: BrowserContextOptions, work: (page: Page) => Promise<void>) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, offline: true, ...options });
    const trouble: string[] = [];
    await context.route("**", (route) => {
      const url = route.request().url();
      if (url === pathToFileURL(file).href) return route.continue();
      trouble.push(`asked for ${url}`);
      return route.abort();
    });
    const page = await context.newPage();
    page.on("console", (message) => trouble.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => trouble.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => {
      trouble.push(`dialog: ${dialog.message()}`);
      return dialog.dismiss();
    });
    await page.goto(pathToFileURL(file).href);
    await work(page);
    await context.close();
    assert.deepEqual(trouble, []);
  };

  test("what an attacker wrote is text: it runs nothing, loads nothing and makes no element", () =>
    visit({}, async (page) => {
      await page.locator(".findings details").evaluateAll((all) => {
        for (const one of all) one.setAttribute("open", "");
      });
      const text = (await page.locator("main").textContent()) ?? "";
      for (const words of [
        "<script>alert(1)</script>",
        `"><img src=x onerror=alert(2)>`,
        "report\\u202efdp.exe",
        "\\ud800 lone",
      ]) {
        assert.ok(text.includes(words), words);
      }
      assert.equal(
        await page.locator("main :is(script, img, iframe, object, embed, b[onclick], style, link)").count(),
        0,
      );
      assert.equal(await page.locator(`a:not([href^="#"])`).count(), 0);
      assert.equal(await page.locator("script").count(), 1);
    }));

  for (const [colorScheme, width] of [
    ["light", 1280],
    ["dark", 360],
  ] as const) {
    test(`axe finds nothing to complain of, ${colorScheme}, ${width} px`, () =>
      visit({ colorScheme, bypassCSP: true, viewport: { width, height: 900 } }, async (page) => {
        // A few findings stand for hundreds, which axe takes a minute for; of all kinds, open.
        await page.locator(".findings tbody").evaluateAll((all) => {
          for (const [index, body] of all.entries()) if (index % 40 !== 0) body.remove();
        });
        await page.locator("details").evaluateAll((all) => {
          for (const one of all) one.setAttribute("open", "");
        });
        await page.addScriptTag({
          content: readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8"),
        });
        const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
        assert.deepEqual(
          violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`),
          [],
        );
      }));
  }

  test("a telephone's width is wide enough", () =>
    visit({ viewport: { width: 360, height: 700 } }, async (page) => {
      await page.locator("details").evaluateAll((all) => {
        for (const one of all) one.setAttribute("open", "");
      });
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    }));

  test("without scripts all is there, and what needs them is not", () =>
    visit({ javaScriptEnabled: false }, async (page) => {
      assert.equal(await page.locator("#filter").isVisible(), false);
      assert.equal(await page.locator(".findings tbody").count(), findings.length);
      await page.locator(".findings summary").first().click();
      assert.ok(await page.locator(".findings pre").first().isVisible());
    }));

  test("findings are filtered by words and by rule, and tables sorted by keyboard", () =>
    visit({}, async (page) => {
      await page.getByRole("searchbox", { name: "Filter" }).fill("batch-eu-7 PERL");
      const left = await page.locator(".findings tbody:visible").count();
      assert.ok(left > 0 && left < findings.length);
      assert.equal(await page.locator("#filter-count").textContent(), `${left} of ${findings.length}`);
      await page.getByRole("searchbox", { name: "Filter" }).fill("");
      await page.getByRole("combobox", { name: "Rule" }).selectOption({ label: "First Time Seen Driver Loaded" });
      assert.equal(await page.locator(".findings tbody:visible").count(), 3);

      const rules = page.getByRole("table", { name: "Rules that matched" });
      await rules.getByRole("button", { name: "Matches" }).press("Enter");
      assert.equal(await rules.getByRole("columnheader", { name: "Matches" }).getAttribute("aria-sort"), "descending");
      await rules.getByRole("button", { name: "Matches" }).press("Enter");
      assert.match((await rules.locator("tbody tr").first().textContent()) ?? "", /^First Time Seen Driver Loaded/);
    }));

  test("who hears the page has its parts, its charts in words and its tables by name", () =>
    visit({}, async (page) => {
      assert.equal(
        await page.locator("header").ariaSnapshot(),
        `- banner:
  - paragraph: firstsight replay
  - navigation "Parts of this page":
    - link "Overview":
      - /url: "#overview"
    - link "Rules":
      - /url: "#rules"
    - link "Findings":
      - /url: "#findings"
    - link "Data quality":
      - /url: "#quality"
  - heading "668 findings of 5 rules in 30 days" [level=1]
  - paragraph:
    - time: 2026-10-28 00:01:01
    - text: to
    - time: 2026-11-26 23:59:56
    - text: UTC`,
      );
      for (const name of ["Overview", "Rules", "Findings", "Data quality"]) {
        assert.equal(await page.getByRole("region", { name, exact: true }).count(), 1, name);
      }
      assert.ok(
        await page
          .getByRole("img", { name: /^Findings a day of all rules: \d+ findings while learning, \d+ after\.$/ })
          .isVisible(),
      );
      assert.ok(await page.getByRole("img", { name: "Findings a day, most on 2026-10-28: 24." }).isVisible());
      assert.ok(
        await page.getByRole("img", { name: "New combinations a day, and all so far: 132 by the end." }).isVisible(),
      );
      for (const name of ["Rules that matched", "Rejected, by reason"])
        assert.ok(await page.getByRole("table", { name }).isVisible(), name);
    }));

  test("on paper it is one page wide, and leaves out what cannot be used there", () =>
    visit({ colorScheme: "dark" }, async (page) => {
      await page.emulateMedia({ media: "print" });
      await page.setViewportSize({ width: 700, height: 900 });
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 700);
      assert.equal(await page.locator("#filter").isVisible(), false);
      assert.equal(
        await page.evaluate("getComputedStyle(document.body).color"),
        "rgb(29, 35, 41)",
        "ink, not light on dark",
      );
    }));
}
