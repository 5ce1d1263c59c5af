/**
 * `waybill/client`: what a program's tests ask of a Waybill that catches its mail. Typed, without
 * dependencies, over the HTTP API; runs where `fetch` does, on Node from 20 on.
 */
export { WaybillApiError } from './api.ts'
export type { MemberError, NearMiss } from './api.ts'
export type { Inbox } from './inbox.ts'
export type { Message } from './message.ts'
export { waybillFixtures } from './playwright.ts'
export type { WaybillFixtures } from './playwright.ts'
export type {
  FoundRoute,
  Journey,
  JourneyStep,
  Letter,
  MessageLink,
  MessagePage,
  MessagePart,
  MessageRow,
  SentLetter,
} from './types.ts'
export { WaitTimeoutError } from './wait.ts'
export type { WaitFor } from './wait.ts'
export { Waybill } from './waybill.ts'
export type { WaybillOptions } from './waybill.ts'
export type { Fetch } from './platform.ts'
