/** Whether the page comes from this machine; `file:` pages have no host name. */
export const isLocalPage = (): boolean => /^(127\.\d|\[::1]|$)|(^|\.)local(host)?$/.test(location.hostname)
