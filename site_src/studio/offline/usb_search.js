// Search in the USB edition. Browsers start no worker from a file, so the theme's search worker starts from its text, which the build writes
// in here. A data: address is allowed everywhere; all other workers are the browser's own business.
// (The package iframe-worker, made for this, writes an inline script that names the folder: no Content-Security-Policy can know its hash.)
{
  const text = __SEARCH_WORKER__;
  window.Worker = class extends Worker {
    constructor(address, options) {
      const search = /\bworkers\/search\./.test(address);
      super(search ? `data:text/javascript;charset=utf-8,${encodeURIComponent(text)}` : address, options);
    }
  };
}
