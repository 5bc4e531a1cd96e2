// What the theme remembers, read and written so that nothing stops it: a browser that lets pages keep nothing, or a stored value that is none of the theme's.
// Stands as text in the head, after the theme's own functions, which would stop the theme and its search with an error.
(function (page) {
  var read = page.__md_get, write = page.__md_set;

  page.__md_get = function (key, storage, scope) {
    try {
      var value = read(key, storage, scope);
      return key === "__palette" ? palette(value) : key === "__tabs" && !Array.isArray(value) ? null : value;
    } catch (error) {
      return null;
    }
  };

  page.__md_set = function (key, value, storage, scope) {
    try {
      write(key, value, storage, scope);
    } catch (error) { /* nothing is kept */ }
  };

  /** The choice of colours, null if it is none of this page's. */
  function palette(value) {
    var color = value.color;
    var known = [0, 1, 2].indexOf(value.index) >= 0 && ["default", "slate"].indexOf(color.scheme) >= 0;
    return known ? { index: value.index, color: { media: String(color.media), scheme: color.scheme, primary: "custom", accent: "custom" } } : null;
  }
})(/** @type {any} */ (window));
