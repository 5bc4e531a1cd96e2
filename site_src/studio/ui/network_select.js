// A choice of networks: those of the site, and those that the visitor brought.
import { h, select } from "studio/dom/dom.js";
import { MANIFEST } from "studio/files/loader.js";
import { onUserNetworksChange } from "studio/state/user_network_store.js";

/**
 * A choice of networks that follows what the visitor brings and takes away.
 * @param {{value: string, onChange: (name: string) => void, label?: string}} options
 */
export function networkSelect({ value, onChange, label = "Network" }) {
  const options = () => Object.entries(MANIFEST.networks).map(([name, { title }]) => ({ value: name, label: title }));
  const known = (/** @type {string} */ name) => (name in MANIFEST.networks ? name : Object.keys(MANIFEST.networks)[0]);
  const control = select({ label, options: options(), value: known(value), onChange });
  onUserNetworksChange(() => {
    const before = control.value;
    control.select.replaceChildren(...options().map((option) => h("option", { value: option.value }, option.label)));
    control.value = known(before);
    if (control.value !== before) onChange(control.value);
  });
  return control;
}
