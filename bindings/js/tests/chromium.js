// Headless Chromium without a network, by its debugging protocol over a pipe.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function chromium() {
  const profile = mkdtempSync(join(tmpdir(), "kovra-page-"));
  const options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe", `--user-data-dir=${profile}`];
  const program = process.env.CHROMIUM ?? "chromium";
  const child = spawn(program, options, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const [, , , input, output] = child.stdio;
  const waiting = new Map();
  const listeners = [];
  let rest = "";
  output.setEncoding("utf8").on("data", (text) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop();
    for (const { id, result, error, method, params } of messages.map((message) => JSON.parse(message))) {
      if (method) listeners.forEach((listen) => listen(method, params));
      else if (error) waiting.get(id)[1](new Error(error.message));
      else waiting.get(id)[0](result);
    }
  });
  let count = 0;
  const send = (method, params = {}, sessionId) =>
    new Promise((...both) => {
      waiting.set(++count, both);
      input.write(`${JSON.stringify({ id: count, method, params, sessionId })}\0`);
    });
  const close = async () => {
    await Promise.race([send("Browser.close"), once(child, "exit")]);
    if (child.exitCode === null) await once(child, "exit");
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  const page = async () => {
    const { targetId } = await send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
    return (method, params) => send(method, params, sessionId);
  };
  return { page, close, listen: (listener) => listeners.push(listener) };
}
