/**
 * Pictures drawn in the page: light decoders run here in ONNX Runtime Web, all others are asked of the server.
 *
 *   const decoders = pageDecoders("/canvas", catalogueNames("/canvas"));
 *   const source = pageFirst(decoders, httpSource("/canvas/decode"));
 *   decoders.want(["mnist/tc5"]);  // once its first picture is there: `source` goes on asking until this one is ready
 *
 * Routes: apps/canvas/onnx_routes.py. The runtime is fetched when the first decoder's file has come.
 */

import { pageSource } from "./canvas.js";

const RUNTIME = "vendor/onnxruntime-web-1.30.0";
const WAITS_MS = [1000, 1500, 2000, 3000, 5000]; // an export takes 5 to 30 s
const KEPT = 4; // sessions of models shown before, for those who go back and forth

/** Asks `source` for what the page cannot draw (yet), and where drawing in the page fails, from then on. */
export function pageFirst(decoders, source) {
  const page = pageSource(decoders.run);
  return {
    async request(question) {
      if (decoders.has(question.model)) {
        try {
          return await page.request(question);
        } catch (error) {
          if (!(error instanceof NotFinite)) decoders.giveUp(question.model, error);
        }
      }
      return source.request(question);
    },
  };
}

/** The names of decoders of the catalogue; null for a model that the server draws. */
export function catalogueNames(base) {
  return async (model) => {
    const path = model.split("/").map(encodeURIComponent).join("/");
    return (await (await fetched(`${base}/onnx-name/${path}`, "no-store")).json()).name;
  };
}

/**
 * The decoders that run in this page.
 *
 * base: path below which onnx/<name> lies on the server; nameOf(model): promise of the name of a model's file, null where
 * there is none; home: path below which the runtime lies.
 */
export function pageDecoders(base, nameOf, home = base) {
  const entries = new Map(); // model -> {name, session, Tensor}, or {hopeless: true}; those wanted last come last
  const loading = new Set();
  const wanted = new Set();
  let runtime = null, warned = false, last = Promise.resolve();

  /** One after the other: the runtime does one thing at a time. */
  function inTurn(work) {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  }

  function open() {
    runtime ??= import(new URL(`${home}/${RUNTIME}/ort.wasm.min.mjs`, location.href).href).then((ort) => {
      const place = new URL(`${home}/${RUNTIME}/`, location.href).href;
      ort.env.wasm.wasmPaths = { mjs: `${place}ort-wasm-simd-threaded.mjs`, wasm: `${place}ort-wasm-simd-threaded.wasm` };
      ort.env.wasm.numThreads = 1; // more need a page that is isolated from all others, and gain next to nothing
      ort.env.logLevel = "error";
      return ort;
    });
    return runtime;
  }

  /** Bytes and name of a model's file; null where there will be none, or nobody waits for it any more. */
  async function file(model) {
    for (let tries = 0; wanted.has(model); tries++) {
      try {
        const name = await nameOf(model);
        if (name === null || entries.get(model)?.name === name) return name && { name };
        const response = await fetched(`${base}/onnx/${encodeURIComponent(name)}`, "default");
        if (response.status === 200) return { name, bytes: await response.arrayBuffer() };
      } catch (error) {
        if (error.final) return null; // the server draws it; away or busy, it is asked again
      }
      await new Promise((done) => setTimeout(done, WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]));
    }
    return undefined;
  }

  async function load(model) {
    if (loading.has(model) || entries.get(model)?.hopeless) return;
    loading.add(model);
    try {
      const found = await file(model);
      if (found === null) put(model, { hopeless: true });
      if (found && !found.bytes) put(model, entries.get(model));
      if (!found?.bytes) return;
      drop(model); // its checkpoint is another one now
      const { InferenceSession, Tensor } = await open();
      const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
      const session = await inTurn(() => InferenceSession.create(new Uint8Array(found.bytes), options));
      put(model, { name: found.name, session, Tensor });
    } catch (error) {
      giveUp(model, error);
    } finally {
      loading.delete(model);
    }
  }

  function put(model, entry) {
    entries.delete(model);
    entries.set(model, entry);
    const kept = [...entries].filter(([, { session }]) => session);
    for (const [old] of kept.slice(0, -KEPT)) if (!wanted.has(old)) drop(old);
  }

  function drop(model) {
    const session = entries.get(model)?.session;
    entries.delete(model);
    if (session) inTurn(() => session.release()).catch(() => {}); // after the pictures that it is still asked for
  }

  function giveUp(model, error) {
    drop(model);
    entries.set(model, { hopeless: true });
    if (!warned) console.warn(`${model} cannot be drawn in the page; the server draws it.`, error);
    warned = true;
  }

  return {
    /** The models on the screen now: others are no longer waited for. */
    want(models) {
      wanted.clear();
      for (const model of models) {
        wanted.add(model);
        load(model);
      }
    },
    has: (model) => Boolean(entries.get(model)?.session),
    giveUp,
    async run(code, { model }) {
      const { session, Tensor } = entries.get(model);
      const { x } = await inTurn(() => session.run({ z: new Tensor("float32", code, [1, code.length]) }));
      if (!x.data.every(Number.isFinite)) throw new NotFinite(); // the server has a sentence for this
      return { shape: x.dims.slice(1), values: x.data };
    },
  };
}

class NotFinite extends Error {}

/** An answer of status 200 or 202; `final` is true of errors that asking again does not help. */
async function fetched(url, cache) {
  const response = await fetch(url, { cache, signal: AbortSignal.timeout(120_000) });
  if (response.ok) return response;
  throw Object.assign(new Error(`HTTP ${response.status}`), { final: [400, 404, 405, 409].includes(response.status) });
}
