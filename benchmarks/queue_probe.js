// The baseline's requests: when a value was sent, and which picture was the answer to it.
(() => {
  const ask = window.fetch;
  const read = async (stream) => {
    let text = "";
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (text + part).split("\n\n");
      text = lines.pop();
      for (const line of lines) {
        const told = JSON.parse(line.replace(/^data:/, ""));
        if (told.msg !== "process_completed") continue;
        window.seen.done[told.event_id] = [told.output.data?.[0]?.path ?? "", performance.now()];
      }
    }
  };
  window.fetch = async (url, options) => {
    const sent = performance.now(), address = String(url.url ?? url);
    const response = await ask(url, options);
    if (address.includes("queue/join")) window.seen.joins[(await response.clone().json()).event_id] = sent;
    if (!address.includes("queue/data") || !response.body) return response;
    const [here, there] = response.body.tee();
    read(here).catch(() => {}); // ends with the stream
    return new Response(there, response);
  };
})();
