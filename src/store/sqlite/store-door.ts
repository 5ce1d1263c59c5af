import type { MessagePort } from 'node:worker_threads'
import type { WaybillError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import { type Reply, type WriterLink, CommitQueue } from './commit-queue.ts'
import { dataFolder } from '../data-folder.ts'
import { DiskRoom, StoreIntake } from './store-intake.ts'
import { SpoolCount, SpoolShare, diskState } from './disk-share.ts'

/** A way into a store for another thread. Plain data and a port, which goes over and is lost here. */
export interface StoreDoor {
  /** Straight to the writer. */
  readonly writer: MessagePort
  readonly folder: string
  readonly strangersPercent: number
  /** Where it is counted what strangers take of the disk, and which slot is for this door. */
  readonly spool: {
    readonly slots: SharedArrayBuffer
    readonly mine: number
    /** What the names of its files begin with. */
    readonly mark: string
  }
}

/** The inside of a door: what comes in on this thread. */
export interface EnteredStore {
  readonly intake: StoreIntake
  /** Takes nothing new. Resolves when all that was taken is on disk, or refused. */
  close(): Promise<void>
}

/**
 * Goes through a door.
 *
 * @param onBroken told once, when the writer has failed or is gone
 */
export function enterStore(
  door: StoreDoor,
  log: Log,
  onBroken: (problem: WaybillError) => void,
): EnteredStore {
  const { slots, mine, mark } = door.spool
  const folder = dataFolder(door.folder)
  const queue = new CommitQueue(writerBehind(door.writer), { onBroken })
  const disk = (): ReturnType<typeof diskState> => diskState(folder.root)
  const share = new SpoolShare(disk, door.strangersPercent, log, new SpoolCount(slots, mine))
  const intake = new StoreIntake({ folder, queue, share, room: new DiskRoom(log), mark })
  const close = async (): Promise<void> => {
    await queue.drain()
    await queue.end()
  }
  return { intake, close }
}

function writerBehind(port: MessagePort): WriterLink {
  let gone = (): void => {}
  return {
    unexplained: [],
    post: (batch, transfer) => port.postMessage({ type: 'batch', batch }, [...transfer]),
    listen({ reply, ended }) {
      gone = () => ended(new Error('the writer thread has ended'))
      port.on('message', (message: { readonly type: 'reply'; readonly reply: Reply }) => {
        reply(message.reply)
      })
      port.once('close', gone)
    },
    lastChange: () => 0,
    watch: () => undefined,
    setBusy: () => undefined,
    close() {
      port.off('close', gone)
      port.close()
      return Promise.resolve()
    },
  }
}
