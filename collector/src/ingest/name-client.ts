import { canonicalName } from './canonical-name.js'

// Browsers that call themselves another one, too, and the token that tells: every one of them says "Chrome" or "Safari".
const DERIVED_BROWSER = /Edg(?=\/|A|iOS)|OPR|OPT(?=\/)|SamsungBrowser|FxiOS|CriOS|YaBrowser|Vivaldi|DuckDuckGo|Ddg/
const DERIVED_OS = /CrOS|Android|iPhone|iPad/

export interface ClientClaims {
  device_type: string
  browser: string
  os: string
  user_agent: string
}

/**
 * Names browser and system for reports. The tracker sends what every script can know in a few bytes (`Chrom`,
 * `Safari`, `Linux`); where the user agent says more, that counts. Names that are exact already stay.
 */
export function nameClient({ device_type, browser, os, user_agent }: ClientClaims): { browser: string; os: string } {
  const [claimedBrowser, claimedOs] = [canonicalName(browser), canonicalName(os)]
  return {
    browser: /^(Chrome|Safari|Other)$/.test(claimedBrowser) ? canonicalName(DERIVED_BROWSER.exec(user_agent)?.[0] ?? claimedBrowser) : claimedBrowser,
    os: nameSystem(claimedOs, device_type, user_agent),
  }
}

function nameSystem(claimed: string, deviceType: string, userAgent: string): string {
  // An iPad claims to be a Mac; the tracker saw its touch screen.
  if (claimed === 'macOS' && deviceType === 'tablet') return 'iOS'
  return /^(Linux|Other)$/.test(claimed) ? canonicalName(DERIVED_OS.exec(userAgent)?.[0] ?? claimed) : claimed
}
