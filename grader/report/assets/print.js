"use strict";
(() => {
  const opened = [];
  const open = () => {
    for (const it of document.querySelectorAll("details:not([open])")) { it.open = true; opened.push(it); }
  };
  const close = () => { for (const it of opened.splice(0)) it.open = false; };
  addEventListener("beforeprint", open);
  addEventListener("afterprint", close);
  matchMedia("print").addEventListener("change", (event) => (event.matches ? open() : close()));
})();
