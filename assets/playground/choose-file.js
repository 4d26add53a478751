// Asks for the file of a variable of the type Upload. A sample image is provided.

import { el } from "/assets/shared/dom.js";

const KINDS = "image/jpeg,image/png,image/webp,image/gif";

/** Returns a File, or null if the dialog was cancelled. */
export function chooseFile(name) {
  return new Promise((resolve) => {
    let chosen = null;
    const finish = (file) => {
      chosen = file;
      dialog.close();
    };
    const input = el("input", { type: "file", accept: KINDS, id: "file-to-send", onchange: () => input.files[0] && finish(input.files[0]) });
    const dialog = el(
      "dialog",
      { class: "choose-file", "aria-labelledby": "choose-file-title" },
      el("h2", { id: "choose-file-title" }, "Choose an image"),
      el("label", { for: "file-to-send" }, `File for $${name}: JPEG, PNG, WebP or GIF.`),
      input,
      el(
        "div",
        { class: "buttons" },
        el("button", { type: "button", onclick: async () => finish(await samplePicture()) }, "Use a sample image"),
        el("button", { type: "button", onclick: () => finish(null) }, "Cancel"),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(chosen);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Draws a cup of tea.
async function samplePicture() {
  const canvas = el("canvas", { width: 640, height: 480 });
  const pen = canvas.getContext("2d");
  const fill = (colour, draw) => {
    pen.fillStyle = colour;
    pen.beginPath();
    draw();
    pen.fill();
  };
  fill("#f3e9dc", () => pen.rect(0, 0, 640, 480));
  fill("#c9a27e", () => pen.ellipse(320, 390, 210, 34, 0, 0, 7));
  fill("#ffffff", () => pen.roundRect(200, 190, 230, 190, [10, 10, 90, 90]));
  fill("#8a4b22", () => pen.ellipse(315, 196, 104, 18, 0, 0, 7));
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 20;
  pen.beginPath();
  pen.ellipse(438, 265, 40, 46, 0, -1.6, 1.6);
  pen.stroke();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  return new File([blob], "cup-of-tea.png", { type: "image/png" });
}
