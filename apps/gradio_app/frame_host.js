// Starts page/explorer.js; the body of js_on_load of the session's state component, with props, trigger and watch in reach.
const base = new URL(window.gradio_config?.root ?? ".", location.href).pathname.replace(/\/$/, "");
const events = ["opened", "switched", "themed"]; // what Python can listen to, see session.py

import(`${base}/explorer/page/explorer.js`).then(({ start }) => {
  const explorer = start({
    base,
    first: props.first,
    workspaces: props.workspaces,
    keep: (state) => { props.value = state; },
    tell: (event) => { if (events.includes(event)) trigger(event); },
  });
  watch("value", () => explorer.receive(props.value));
}).catch((error) => {
  console.error(error);
  element.textContent = "The page's script could not be loaded. Reload the page; if that does not help, restart the app.";
});
