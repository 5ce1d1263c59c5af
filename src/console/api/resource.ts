import { useEffect, useState } from 'preact/hooks'
import type { Problem } from '../types.ts'
import { ask, asProblem, askText } from './ask.ts'

/** Something that is read from the server: what is there stays while it is read again. */
export interface Resource<Answer> {
  readonly data: Answer | undefined
  readonly problem: Problem | undefined
  readonly loading: boolean
  readonly again: () => void
}

interface Held<Answer> {
  readonly path: string
  readonly data?: Answer
  readonly problem?: Problem
}

/** Reads what is at a path, and again when the path changes or somebody asks; `null`: nothing yet. */
export function useResource<Answer>(
  path: string | null,
  as: 'json' | 'text' = 'json',
): Resource<Answer> {
  const [held, setHeld] = useState<Held<Answer> | null>(null)
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    if (path === null) return
    const control = new AbortController()
    const read = as === 'json' ? ask<Answer> : askText
    void read(path, { signal: control.signal }).then(
      (data) => {
        if (!control.signal.aborted) setHeld({ path, data: data as Answer })
      },
      (error: unknown) => {
        if (!control.signal.aborted) setHeld({ path, problem: asProblem(error) })
      },
    )
    return () => control.abort()
  }, [path, as, turn])
  const own = held?.path === path ? held : null
  return {
    data: own?.data,
    problem: own?.problem,
    loading: path !== null && own === null,
    again: () => setTurn((one) => one + 1),
  }
}
