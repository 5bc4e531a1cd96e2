// For our scripts under Node: an error is its words, not the line of minified source where it was thrown (which alone would fill the pipe).
import { writeSync } from "node:fs";

process.on("uncaughtException", (error) => {
  writeSync(2, error instanceof Error ? `${error.name}: ${error.message.trimEnd()}\n` : `${error}\n`);
  process.exit(1);
});
