/** What a piece of work fails with. */
import {isManagerError, type ManagerError} from '../../src/manager/error.js'

/** @throws what is thrown when it is no ManagerError; Error when nothing is thrown */
export async function failureOf(work: Promise<unknown>): Promise<ManagerError> {
  try {
    await work
  } catch (error) {
    if (isManagerError(error)) return error
    throw error
  }
  throw new Error('expected a ManagerError')
}
