import { isPlanName, PLAN_NAMES, type PlanName } from '../control/accounts.js'
import type { ControlStore } from '../control/control-store.js'
import { StartError } from '../errors.js'
import { NAME_RULE, parseName } from '../http/fields.js'

interface AccountOptions {
  name?: string | undefined
  plan?: string | undefined
}

type Print = (line: string) => void

const DEFAULT_PLAN: PlanName = 'free'

export async function addAccount(
  control: ControlStore,
  { name, plan = DEFAULT_PLAN }: AccountOptions,
  print: Print,
): Promise<void> {
  if (name === undefined)
    throw new StartError('Missing account name. Example: zenovay-collector account add "Example Ltd"')
  const { id } = await control.addAccount({ name: assertName('The name', name), plan: assertPlan(plan) })
  print(`account id: ${id}`)
}

export async function listAccounts(control: ControlStore, print: Print): Promise<void> {
  for (const { id, plan, name, createdAt } of await control.listAccounts())
    print([id, plan, name, new Date(createdAt).toISOString()].join('\t'))
}

export async function updateAccount(
  control: ControlStore,
  id: string | undefined,
  { name, plan }: AccountOptions,
  print: Print,
): Promise<void> {
  if (name === undefined && plan === undefined)
    throw new StartError('Nothing to change. Pass --name or --plan.')
  const changes = {
    ...(name !== undefined && { name: assertName('--name', name) }),
    ...(plan !== undefined && { plan: assertPlan(plan) }),
  }
  const account = await control.updateAccount(id ?? '', changes)
  if (!account) throw unknownAccount(id)
  print(`updated: ${account.id}. A running collector applies this immediately.`)
}

/**
 * Returns the ID if such an account exists, and throws a {@link StartError} if not. An undefined ID is
 * returned unchanged.
 */
export async function assertAccount(
  control: ControlStore,
  id: string | undefined,
): Promise<string | undefined> {
  if (id !== undefined && !(await control.findAccount(id))) throw unknownAccount(id)
  return id
}

/** Returns the trimmed name. Throws a {@link StartError} if the name is invalid. */
export function assertName(field: string, text: string): string {
  const name = parseName(text)
  if (name === undefined) throw new StartError(`${field} ${NAME_RULE}.`)
  return name
}

function assertPlan(plan: string): PlanName {
  if (!isPlanName(plan))
    throw new StartError(`--plan must be one of ${PLAN_NAMES.join(', ')}, not "${plan}".`)
  return plan
}

function unknownAccount(id: string | undefined): StartError {
  return new StartError(
    id === undefined
      ? 'Missing account ID. List accounts with zenovay-collector account list.'
      : `No account has the ID "${id}". List accounts with zenovay-collector account list.`,
  )
}
