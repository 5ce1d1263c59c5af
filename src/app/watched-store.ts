import type { Store } from '../store/ports/store.ts'

/** The same store, which also tells when something was committed: the lab waits for that. */
export function watchStore(store: Store, changed: () => void): Store {
  const { post, queue } = store
  return {
    ...store,
    post: { accept: (acceptance) => post.accept(acceptance).then(changed) },
    queue: {
      ...queue,
      settle: async (settlements) => {
        const lost = await queue.settle(settlements)
        changed()
        return lost
      },
    },
    close: () => store.close(),
  }
}
