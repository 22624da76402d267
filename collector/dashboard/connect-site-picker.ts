import type { Website } from './external-api.js'
import { findElement } from './find-element.js'

/** Name of the site, and the choice between several. */
export interface SitePicker {
  show(sites: Website[], chosen: Website): void
}

/** Calls back with the id of the site that is chosen. */
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
