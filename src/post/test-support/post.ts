import type { Clock } from '../../base/clock.ts'
import type { Acceptance } from '../../store/ports/post.ts'
import { Post, type PostDirectory, type PostOptions } from '../post.ts'

/** A post of `mx.south.example`; its ids are told apart by their ends. */
export function testPost(
  directory: PostDirectory,
  given: {
    readonly clock: Clock
    readonly accept?: (acceptance: Acceptance) => Promise<void>
    readonly ids?: string
  } & Partial<Omit<PostOptions, 'store' | 'directory'>>,
): Post {
  const { accept = () => Promise.resolve(), ids = 'id', ...more } = given
  let made = 0
  return new Post({
    store: { accept },
    directory,
    origin: { host: 'mx.south.example' },
    newId: () => `${ids}${String(made++).padStart(10, '0')}`,
    queueMs: () => 86_400_000,
    ...more,
  })
}
