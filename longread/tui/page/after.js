// Runs after textual.js has said what it will do once the page is there.
"use strict";
{
  const begin = window.onload;
  window.onload = async (event) => {
    const terminal = document.querySelector("#terminal");
    const socket = new URL("ws", window.location.href);
    socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";
    terminal.dataset.sessionWebsocketUrl = socket.href;
    const size = Number(new URLSearchParams(window.location.search).get("fontsize"));
    if (size >= 6 && size <= 60) terminal.dataset.fontSize = String(size);
    // The terminal measures its letters once: the font has to be there.
    await Promise.allSettled(
      ["", "bold ", "italic "].map((style) => document.fonts.load(`${style}16px "Roboto Mono"`)),
    );
    begin(event);
    window.addEventListener("focus", focusTerminal);
    document.querySelector("#again").addEventListener("click", () => window.location.reload());
  };
}
