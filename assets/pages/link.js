// What the link of a mail carries: in the fragment, or in the query of a link that a storefront passed on.
// It is taken out of the address bar at once, and kept in the entry of the history, so that the page can be reloaded.

function taken() {
  const given = new URLSearchParams(location.hash.slice(1) || location.search);
  if ([...given].length === 0) return history.state?.link ?? {};
  const link = Object.fromEntries(given);
  history.replaceState({ link }, "", location.pathname);
  return link;
}

export const link = taken();
