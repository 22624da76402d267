import { findElement } from './find-element.js'
import type { Website } from './load-report.js'

/** The name of the site, and a select when there are several. */
export interface SitePicker {
  show(sites: Website[], chosen: Website): void
}

/** Calls `onChoice` with the ID of the selected site. */
export function connectSitePicker(onChoice: (siteId: string) => void): SitePicker {
  const select = findElement('site', HTMLSelectElement)
  select.addEventListener('change', () => onChoice(select.value))
  return {
    show(sites, chosen) {
      findElement('site-picker').hidden = sites.length < 2
      findElement('site-name').textContent = chosen.name
      document.title = `${chosen.name} · Zenovay`
      select.replaceChildren(
        ...sites.map(
          ({ id, name, domain }) => new Option(name === domain ? name : `${name} (${domain})`, id),
        ),
      )
      select.value = chosen.id
    },
  }
}
