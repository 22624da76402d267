/** Paths of the pages that links in mails open. The token follows. */
export const MAIL_PATHS = {
  confirm: '/mail/confirm',
  unsubscribe: '/mail/unsubscribe',
  resubscribe: '/mail/resubscribe',
} as const

/** Returns a link of a mail. `publicUrl` has no slash at its end. */
export function buildLink(publicUrl: string, page: 'confirm' | 'unsubscribe', token: string): string {
  return `${publicUrl}${MAIL_PATHS[page]}/${token}`
}
