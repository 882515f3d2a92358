// `npm run` puts the project's own Node (the `node` development dependency) first on PATH. Where its install script
// was not allowed to run, the machine's Node answers instead, and below 22.18 it cannot read TypeScript.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `firstsight needs Node 22.18 or newer, found ${process.versions.node}: run "npm rebuild node" to fetch the one this project brings, or install a newer Node.`,
  );
  process.exit(1);
}
