// Talking to the explorer's routes. `Problem` carries a sentence for the user; `away` tells a lost server from one that
// answers, `busy` one that may answer later from one that refuses or fails.

export class Problem extends Error {
  constructor(text, { away = false, busy = false } = {}) {
    super(text);
    Object.assign(this, { away, busy });
  }
}

const AWAY = [408, 429, 502, 503, 504];
const LOST = "The server does not answer. Nothing is lost: try again when it is back.";

export function connect(base) {
  const url = (path) => `${base}/explorer/${path}`;

  async function ask(path, options = {}) {
    let response;
    try {
      response = await fetch(url(path), { cache: "no-store", ...options });
    } catch {
      throw new Problem(LOST, { away: true });
    }
    if (response.ok) return response;
    const answer = await response.json().catch(() => ({}));
    if (AWAY.includes(response.status) && !answer.error) throw new Problem(LOST, { away: true });
    const text = answer.error ?? `The server could not do this (HTTP ${response.status}); its log tells more.`;
    throw new Problem(text, { busy: response.status === 503 });
  }

  const send = (path, fields) =>
    ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields) });
  const escaped = (model) => model.split("/").map(encodeURIComponent).join("/");

  return {
    canvas: `${base}/canvas/decode`,
    health: async () => (await ask("health", { signal: AbortSignal.timeout(8000) })).json(),
    catalogue: async () => (await ask("catalogue")).json(),
    facts: async (model) => (await ask(`facts/${escaped(model)}`)).json(),
    examples: async (model, start, count) => (await ask(`examples/${escaped(model)}?start=${start}&count=${count}`)).json(),
    post: async (path, fields) => (await send(path, fields)).json(),
    prepare: async (model, body, options) => (await ask(`prepare/${escaped(model)}?${new URLSearchParams(options)}`,
      { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body })).json(),
    download: async (fields) => {
      const response = await send("download", fields);
      const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "walk";
      return { name, blob: await response.blob() };
    },
  };
}
