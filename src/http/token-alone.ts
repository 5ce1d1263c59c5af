import { operatorName } from '../desk/second-factors.ts'
import type { Access } from './access.ts'
import { problem, ProblemError } from './problem.ts'

/**
 * Where the operator has a second factor, their token alone opens nothing but the login, which wants a
 * code beside it. Programs come with a key.
 */
export function notByTokenAlone(access: Access, isWanted: () => Promise<boolean>): Access {
  return {
    ...access,
    async byKey(key) {
      const visitor = await access.byKey(key)
      if (visitor?.who === operatorName && (await isWanted())) throw new ProblemError(codeWanted)
      return visitor
    },
  }
}

const codeWanted = problem(401, 'second-factor', {
  title: 'A code is wanted',
  detail: 'The operator has a second factor: the token alone opens nothing.',
  hint: 'Log in on the page with a code, or make a key for a program: waybill key add.',
})
