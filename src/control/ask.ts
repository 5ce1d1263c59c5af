import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { codeOf, WaybillError } from '../base/error.ts'
import { errorOf } from '../base/error-data.ts'
import { JsonLineReader, jsonLine } from './json-lines.ts'
import { type Absence, connectTo } from './connect.ts'
import {
  answerOf,
  type ControlRequest,
  greetingOf,
  maxLineOctets,
  protocolVersion,
} from './protocol.ts'
import { controlSocketPath } from './socket-place.ts'

/** What the server of a folder says, or that there is none that could be asked. */
export type Asked =
  | { readonly type: 'answered'; readonly value: unknown }
  | { readonly type: 'absent'; readonly why: Absence }

/** The greeting is the first thing that a server does. */
const greetMs = 10_000

/**
 * Asks the server that has a data folder, and waits for what it says.
 *
 * @throws WaybillError what the server says; `data-in-use` when it may not be asked, is of another
 *   version, says nothing in time, or goes before it has answered
 */
export async function askServer(
  request: ControlRequest,
  options: { readonly folder: string; readonly clock: Clock; readonly timeoutMs: number },
): Promise<Asked> {
  const path = controlSocketPath(options.folder)
  const socket = await connectTo(path).catch((problem: unknown) => {
    throw unreachable(problem, dirname(path))
  })
  if (typeof socket === 'string') return { type: 'absent', why: socket }
  try {
    return await new Dialogue(socket, dirname(path), options).run(request)
  } finally {
    socket.destroy()
  }
}

/** One request, from the greeting to the answer. */
class Dialogue {
  readonly #socket: Socket
  readonly #root: string
  readonly #options: { readonly clock: Clock; readonly timeoutMs: number }
  readonly #lines = new JsonLineReader(maxLineOctets)
  readonly #done = Promise.withResolvers<Asked>()
  #state: 'greeting' | 'answer' = 'greeting'
  #cancel: () => void

  constructor(
    socket: Socket,
    root: string,
    options: { readonly clock: Clock; readonly timeoutMs: number },
  ) {
    this.#socket = socket
    this.#root = root
    this.#options = options
    this.#cancel = this.#within(greetMs)
  }

  async run(request: ControlRequest): Promise<Asked> {
    const socket = this.#socket
    socket.on('data', (chunk: Uint8Array) => this.#hear(chunk, request))
    socket.on('error', () => this.#gone())
    socket.on('close', () => this.#gone())
    try {
      return await this.#done.promise
    } finally {
      this.#cancel()
    }
  }

  #hear(chunk: Uint8Array, request: ControlRequest): void {
    const read = this.#lines.push(chunk)
    if (read.type !== 'values') {
      this.#done.reject(noWaybill(this.#root))
      return
    }
    for (const value of read.values) {
      if (this.#state === 'greeting') this.#greeted(value, request)
      else this.#answered(value)
    }
  }

  #greeted(value: unknown, request: ControlRequest): void {
    const greeting = greetingOf(value)
    if (greeting === undefined) return this.#done.reject(noWaybill(this.#root))
    if (greeting.control !== protocolVersion) {
      const age = greeting.control < protocolVersion ? 'older' : 'newer'
      const who = `The server of ${this.#root} (Waybill ${greeting.waybill}, process ${greeting.process})`
      const problem = new WaybillError('data-in-use', `${who} is ${age} than this command.`, {
        hint:
          age === 'older'
            ? 'Start it anew, so that it is of this version, or use the command of its version.'
            : 'Use the command of its version.',
      })
      return this.#done.reject(problem)
    }
    this.#state = 'answer'
    this.#cancel()
    this.#cancel = this.#within(this.#options.timeoutMs)
    this.#socket.write(jsonLine(request))
  }

  #answered(value: unknown): void {
    const answer = answerOf(value)
    if (answer === undefined) return this.#done.reject(noWaybill(this.#root))
    if (answer.type === 'problem') return this.#done.reject(errorOf(answer.problem))
    if (answer.type === 'closing') return this.#done.resolve(goingAway)
    this.#done.resolve({ type: 'answered', value: answer.value })
  }

  #within(ms: number): () => void {
    return this.#options.clock.setTimer(ms, () => {
      const text = `The server of ${this.#root} does not answer; waited ${ms / 1000} s.`
      const hint = 'What was asked may yet be done. Its log tells what it is about.'
      this.#done.reject(new WaybillError('data-in-use', text, { hint }))
    })
  }

  /** Nothing happens when the answer has come. */
  #gone(): void {
    if (this.#state === 'greeting') return this.#done.resolve(goingAway)
    const text = `The server of ${this.#root} ended before it answered.`
    const hint = 'Whether it was done is not known: look, then run this again.'
    this.#done.reject(new WaybillError('data-in-use', text, { hint }))
  }
}

/** It was there a moment ago, and nothing was asked of it. */
const goingAway: Asked = { type: 'absent', why: 'nobody-listens' }

function unreachable(problem: unknown, root: string): unknown {
  const code = codeOf(problem)
  if (code === 'EACCES' || code === 'EPERM') {
    return new WaybillError('data-in-use', `You may not speak to the server of ${root}.`, {
      hint: 'Run this as the user of the server (sudo -u USER …), or as root.',
    })
  }
  if (code === 'EAGAIN') {
    return new WaybillError('data-in-use', `The server of ${root} takes no more commands now.`, {
      hint: 'It is busy, or stands still: try again in a moment.',
    })
  }
  return problem
}

function noWaybill(root: string): WaybillError {
  return new WaybillError('data-in-use', `What answers at the socket of ${root} is no Waybill.`)
}
