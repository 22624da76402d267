/** What the id tells that a platform puts on the links it sends people by. */
export interface ClickId {
  /** As in known-sources.ts. */
  source: string
  /** Whether only a paid click carries it. */
  paid: boolean
}

const paid = (source: string): ClickId => ({ source, paid: true })
const free = (source: string): ClickId => ({ source, paid: false })

/** Query keys of click ids, in lower case. Facebook marks every link, so its id is no sign of an ad. */
export const CLICK_IDS: ReadonlyMap<string, ClickId> = new Map([
  ['gclid', paid('google')],
  ['gbraid', paid('google')],
  ['wbraid', paid('google')],
  ['gad_source', paid('google')],
  ['msclkid', paid('bing')],
  ['yclid', paid('yandex')],
  ['dclid', paid('google ads network')],
  ['ttclid', paid('tiktok')],
  ['twclid', paid('x')],
  ['li_fat_id', paid('linkedin')],
  ['rdt_cid', paid('reddit')],
  ['sccid', paid('snapchat')],
  ['epik', paid('pinterest')],
  ['tblci', paid('taboola')],
  ['dicbo', paid('outbrain')],
  ['fbclid', free('facebook')],
  ['igsh', free('instagram')],
  ['igshid', free('instagram')],
  ['ysclid', free('yandex')],
  ['srsltid', free('google')],
  ['mc_cid', free('mailchimp')],
  ['mc_eid', free('mailchimp')],
  ['_hsenc', free('hubspot')],
  ['_hsmi', free('hubspot')],
  ['_kx', free('klaviyo')],
])
