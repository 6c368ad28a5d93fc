// Talking to the explorer's routes. `Problem` carries a sentence for the user; `away` tells a lost server from one that
// answers, `busy` one that may answer later from one that refuses or fails.

export class Problem extends Error {
  constructor(text, { away = false, busy = false, status = null } = {}) {
    super(text);
    Object.assign(this, { away, busy, status });
  }
}

const AWAY = [408, 429, 502, 503, 504];
const LOST = "The server does not answer. Nothing is lost: try again when it is back.";

/** Requests below the address `root`: `ask(path, options)` resolves to a response that is fine, `get` and `post` to JSON. */
export function asking(root) {
  async function ask(path, options = {}) {
    let response;
    try {
      response = await fetch(`${root}/${path}`, { cache: "no-store", ...options });
    } catch {
      throw new Problem(LOST, { away: true });
    }
    if (response.ok) return response;
    const answer = await response.json().catch(() => ({}));
    if (AWAY.includes(response.status) && !answer.error) throw new Problem(LOST, { away: true });
    const text = answer.error ?? `The server could not do this (HTTP ${response.status}); its log tells more.`;
    throw new Problem(text, { busy: response.status === 503, status: response.status });
  }

  const send = (path, fields, signal) =>
    ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields), signal });
  return { ask, send, get: async (path) => (await ask(path)).json(), post: async (path, fields) => (await send(path, fields)).json() };
}

export function connect(base) {
  const { ask, send, get, post } = asking(`${base}/explorer`);
  const escaped = (model) => model.split("/").map(encodeURIComponent).join("/");

  return {
    live: `${base}/canvas`,
    canvas: `${base}/canvas/decode`,
    get,
    escaped,
    health: async () => (await ask("health", { signal: AbortSignal.timeout(8000) })).json(),
    catalogue: async () => (await ask("catalogue")).json(),
    facts: async (model) => (await ask(`facts/${escaped(model)}`)).json(),
    examples: async (model, start, count) => (await ask(`examples/${escaped(model)}?start=${start}&count=${count}`)).json(),
    post,
    prepare: async (model, body, options) => (await ask(`prepare/${escaped(model)}?${new URLSearchParams(options)}`,
      { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body })).json(),
    file: async (path, fields) => {
      const response = await send(path, fields);
      const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "download";
      return { name, blob: await response.blob() };
    },
    /** Calls back with each piece {type, ..., data} of an answer as it arrives; false if `signal` ended it. */
    stream: async (path, fields, onpiece, signal) => {
      try {
        await readPieces((await send(path, fields, signal)).body, onpiece);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        throw error instanceof Problem ? error : new Problem(LOST, { away: true });
      }
    },
  };
}

/** Takes apart what apps/streaming.py sends: two lengths, JSON, bytes behind it. */
async function readPieces(body, onpiece) {
  const reader = body.getReader();
  let rest = new Uint8Array(0), last = null;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    rest = joined(rest, read.value);
    for (let piece = first(rest); piece; piece = first(rest)) {
      rest = rest.subarray(piece.size);
      last = piece;
      if (piece.type === "error") throw new Problem(piece.text, { busy: piece.status === 503 });
      onpiece(piece);
    }
  }
  if (!["done", "failure"].includes(last?.type)) throw new Problem(LOST, { away: true });
}

function first(bytes) {
  if (bytes.length < 8) return null;
  const lengths = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const head = lengths.getUint32(0, true), size = 8 + head + lengths.getUint32(4, true);
  if (bytes.length < size) return null;
  const fields = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + head)));
  return { ...fields, data: bytes.slice(8 + head, size), size };
}

function joined(one, other) {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
