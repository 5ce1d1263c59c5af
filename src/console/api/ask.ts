import { signal } from '@preact/signals'
import type { Problem } from '../types.ts'

/** Turns true when the server says that somebody has to log in first. */
export const loginWanted = signal(false)

/** What the server said instead of doing what was asked. */
class Trouble extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title)
    this.problem = problem
  }
}

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly body?: unknown
  /** A file, in place of JSON. */
  readonly file?: Blob
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/**
 * Asks the server and reads its JSON.
 *
 * @throws Trouble whatever is in the way, as the server said it
 */
export async function ask<Answer>(path: string, asked: Asked = {}): Promise<Answer> {
  const answer = await send(path, asked)
  if (answer.status === 204) return undefined as Answer
  return (await answer.json()) as Answer
}

/** The same for what is text. */
export async function askText(path: string, asked: Asked = {}): Promise<string> {
  return await (await send(path, asked)).text()
}

async function send(path: string, { method = 'GET', body, file, headers, signal }: Asked) {
  let answer: Response
  try {
    answer = await fetch(path, {
      method,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(file === undefined ? {} : { body: file }),
      headers: {
        accept: 'application/json, text/plain, */*',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(file === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        ...headers,
      },
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new Trouble({
      title: 'The server does not answer',
      status: 0,
      detail: 'The server does not answer.',
      hint: 'Does it run? ./waybill status tells; ./waybill start starts it.',
    })
  }
  if (answer.ok) return answer
  if (answer.status === 401) loginWanted.value = true
  throw new Trouble(await problemOf(answer))
}

async function problemOf(answer: Response): Promise<Problem> {
  const fallback: Problem = {
    title: `The server answered ${answer.status}`,
    status: answer.status,
  }
  try {
    const said: unknown = await answer.json()
    return typeof said === 'object' && said !== null ? { ...fallback, ...said } : fallback
  } catch {
    return fallback
  }
}

/** Whatever was thrown, as a problem that can be shown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Trouble) return error.problem
  const detail = error instanceof Error ? error.message : String(error)
  return { title: 'The page has a fault', status: 0, detail }
}
