// Answers that the server has not confirmed yet: kept in the browser's database, so that neither a reload nor a crash
// nor a lost connection loses one.

const NAME = "latent-explorer-quiz", STORE = "answers";

/**
 * {put(response), of(session), drop(id)}; in memory only where the browser gives the page no database. A response that
 * the server refused for good is kept with its `refused`, and not among those to send.
 */
export async function outbox() {
  try {
    return kept(await opened());
  } catch (error) {
    console.warn("Unsent answers last as long as this page: the browser gives it no database.", error);
    return passing();
  }
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function kept(database) {
  const within = (mode, work) => new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  return {
    put: (response) => within("readwrite", (store) => store.put(response)),
    of: async (session) => (await within("readonly", (store) => store.getAll())).filter((one) => one.session === session && !one.refused),
    drop: (id) => within("readwrite", (store) => store.delete(id)),
  };
}

function passing() {
  const waiting = new Map();
  return {
    put: async (response) => { waiting.set(response.id, response); },
    of: async (session) => [...waiting.values()].filter((one) => one.session === session && !one.refused),
    drop: async (id) => { waiting.delete(id); },
  };
}
