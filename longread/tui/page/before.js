// Runs before textual.js, which opens the socket: says why it closed, and sends only while it
// is open.
"use strict";
function focusTerminal() {
  document.querySelector(".xterm-helper-textarea")?.focus();
}
window.WebSocket = class extends window.WebSocket {
  constructor(url) {
    super(url);
    this.addEventListener("open", focusTerminal);
    this.addEventListener("close", (event) => {
      const usual = event.code === 1006
        ? "The connection ended. If longread web was started again, open the address it printed."
        : "This tab has ended; what was asked and answered is kept.";
      document.querySelector("#why").textContent = event.reason || usual;
      document.body.classList.add("-closed");
      document.querySelector("#again").focus();
    });
  }

  send(data) {
    if (this.readyState === WebSocket.OPEN) super.send(data);
  }
};
