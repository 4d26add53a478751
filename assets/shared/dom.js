// Creates elements: el("button", { class: "run", onclick: run }, "Run").

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// A value that the server wrote into the page: <meta name="souk-..." content="...">.
export function fromServer(name) {
  return document.querySelector(`meta[name="souk-${name}"]`)?.content ?? "";
}
