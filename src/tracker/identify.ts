import { sendWith } from './send-with.js'

/** Traits of a user, with or without his id among them. */
export type Traits = Record<string, unknown> & { user_id?: string | number }

/** Ties this and later events to a user, and sends what is known of him. */
export const identify = (user: string | number | Traits, traits?: Traits): void => {
  if ((user as Traits).user_id) ({ user_id: user, ...traits } = user as Required<Traits>)
  // An id cut to MAX_ID_LENGTH would join strangers, and so would "[object Object]". Comma and semicolon end a field of the record.
  if (!/^[^[,;]{1,128}$/.test(user as string)) throw 'refused'
  sendWith('identify', traits, { user_id: (user as string) + '' })
}
