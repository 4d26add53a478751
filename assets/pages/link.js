// The parameters of a link from an email: in the fragment, or in the query if a storefront forwarded it.
// They are removed from the address bar immediately, and kept in the history entry so that the page can be reloaded.

function takeParameters() {
  const given = new URLSearchParams(location.hash.slice(1) || location.search);
  if ([...given].length === 0) return history.state?.link ?? {};
  const link = Object.fromEntries(given);
  history.replaceState({ link }, "", location.pathname);
  return link;
}

export const link = takeParameters();
