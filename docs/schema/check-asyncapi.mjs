// Checks asyncapi.json with AsyncAPI's own parser, whose folder (the one that holds node_modules) is the argument:
//   npm install --prefix FOLDER --ignore-scripts @asyncapi/parser@3.4.0 && node docs/schema/check-asyncapi.mjs FOLDER
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const require = createRequire(resolve(process.argv[2], 'package.json'));
const { Parser } = require('@asyncapi/parser');

const file = new URL('asyncapi.json', import.meta.url);
const { document, diagnostics } = await new Parser().parse(readFileSync(file, 'utf8'));
// Severity 0 is an error, 1 a warning; the others are advice.
const problems = diagnostics.filter((diagnostic) => diagnostic.severity <= 1);
for (const problem of problems) {
  console.error(`asyncapi.json: ${problem.path.join('.')}: ${problem.message}`);
}
if (!document || problems.length > 0) {
  process.exit(1);
}
const channels = document.channels().all();
console.log(`asyncapi.json: fine; ${channels.map((channel) => channel.address()).join(', ')}`);
