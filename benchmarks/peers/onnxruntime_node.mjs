// Bare inference with onnxruntime-node: one JSON line with milliseconds per image.
//
//     npm install --ignore-scripts onnxruntime-node      (in a folder that NODE_PATH or the working directory names)
//     node onnxruntime_node.mjs MODEL.onnx 384x640 THREADS SECONDS
//
// The input is noise of height x width. Two images warm up; then images run one after the other until the time is over.

import { createRequire } from "node:module";
import path from "node:path";

const [model, size, threads, seconds] = process.argv.slice(2);
if (seconds === undefined) {
  console.error("usage: node onnxruntime_node.mjs MODEL.onnx HEIGHTxWIDTH THREADS SECONDS");
  process.exit(2);
}
const require = createRequire(path.join(process.cwd(), "package.json"));
const ort = require("onnxruntime-node");
const [height, width] = size.split("x").map(Number);

const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
});
const pixels = new Float32Array(3 * height * width);
let state = 1;
for (let i = 0; i < pixels.length; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  pixels[i] = state / 2 ** 32;
}
const feeds = { [session.inputNames[0]]: new ort.Tensor("float32", pixels, [1, 3, height, width]) };
await session.run(feeds);
await session.run(feeds);

const cpu = process.cpuUsage();
const start = performance.now();
let images = 0;
do {
  await session.run(feeds);
  images++;
} while (performance.now() - start < Number(seconds) * 1000);
const wall = performance.now() - start;
const used = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    peer: `onnxruntime-node ${require("onnxruntime-node/package.json").version}`,
    images,
    wallMillis: +(wall / images).toFixed(2),
    cpuMillis: +((used.user + used.system) / 1000 / images).toFixed(2),
  }),
);
