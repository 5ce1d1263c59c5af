import type { FullStore } from '../store/store.ts'

/** The same store, which also tells when something was committed: the lab waits for that. */
export function watchStore(store: FullStore, changed: () => void): FullStore {
  return {
    read: store.read,
    accounts: store.accounts,
    acts: store.acts,
    newContent: (from) => store.newContent(from),
    lease: (input) => store.lease(input),
    take: (input) => store.take(input),
    releaseLeases: () => store.releaseLeases(),
    hold: (queueIds) => store.hold(queueIds),
    release: (queueIds, nextAttemptAt) => store.release(queueIds, nextAttemptAt),
    removeMail: (input) => store.removeMail(input),
    nextDueAt: () => store.nextDueAt(),
    putDkimKey: (key) => store.putDkimKey(key),
    prune: (request, pause) => store.prune(request, pause),
    close: () => store.close(),
    accept: (acceptance) => store.accept(acceptance).then(changed),
    async settle(settlements) {
      const lost = await store.settle(settlements)
      changed()
      return lost
    },
  }
}
