import type { House } from '../receive/house.ts'

/**
 * The house of a server that runs: it can be replaced as a whole between two questions, and everybody
 * who holds this one asks the new one from then on. Never is half of the old and half of the new seen
 * in one answer.
 */
export class CurrentHouse implements House {
  #house: House

  constructor(house: House) {
    this.#house = house
  }

  /** From now on this one is asked. Its name and mode must be the same: they are told at greetings. */
  replace(house: House): void {
    if (house.hostname !== this.hostname || house.mode !== this.mode) {
      throw new Error('CurrentHouse: a server keeps its name as long as it runs')
    }
    this.#house = house
  }

  get hostname(): string {
    return this.#house.hostname
  }

  get mode(): House['mode'] {
    return this.#house.mode
  }

  get rules(): House['rules'] {
    return this.#house.rules
  }

  get addresses(): House['addresses'] {
    return this.#house.addresses
  }

  get receivedSpf(): boolean {
    return this.#house.receivedSpf
  }

  get limits(): House['limits'] {
    return this.#house.limits
  }

  recipient(input: Parameters<House['recipient']>[0]): ReturnType<House['recipient']> {
    return this.#house.recipient(input)
  }

  isOurs(address: string): boolean {
    return this.#house.isOurs(address)
  }

  login(name: string, password: string): ReturnType<House['login']> {
    return this.#house.login(name, password)
  }

  maySendAs(...asked: Parameters<House['maySendAs']>): boolean {
    return this.#house.maySendAs(...asked)
  }

  signingKeys(domain: string): ReturnType<House['signingKeys']> {
    return this.#house.signingKeys(domain)
  }

  accountsOf(address: string): readonly string[] {
    return this.#house.accountsOf(address)
  }
}
