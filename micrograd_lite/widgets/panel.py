"""The frame of a widget: its controls have names, keep their keys, and show which one has the focus.

ipywidgets gives a slider's handle no name, and JupyterLab takes keys from controls (x on a slider cuts the
cell). A part of the panel that nobody sees mends this in the browser, for all controls that come and go.
"""

import anywidget
import ipywidgets
import traitlets

__all__ = ["Panel"]

_ESM = r"""
const OWN_KEYS = "button, select, input, textarea, .noUi-handle, .widget-readout";

function set(node, name, value) {
  if (node && node.getAttribute(name) !== value) node.setAttribute(name, value);
}
function nameSlider(slider) {
  const label = slider.querySelector(".widget-label")?.textContent.trim();
  const handle = slider.querySelector(".noUi-handle"), readout = slider.querySelector(".widget-readout");
  if (!label || !handle) return;
  set(handle, "aria-label", label);
  set(handle, "aria-disabled", String(Boolean(handle.closest("[disabled]"))));
  if (!readout) return;
  set(readout, "role", "textbox");
  set(readout, "aria-label", label + ", value");
  if (readout.textContent) set(handle, "aria-valuetext", readout.textContent);  // not the number of an option
}
function letScroll(picture) {  // with the arrow keys, where it is too large
  const {scrollWidth, clientWidth, scrollHeight, clientHeight} = picture;
  const large = scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1;
  if (!large) return picture.removeAttribute("tabindex");
  set(picture, "tabindex", "0");
  set(picture, "role", "group");
  set(picture, "aria-label", "Picture");
  set(picture, "data-lm-suppress-shortcuts", "true");
}

function render({model, el}) {
  el.style.display = "none";
  let panel = null;
  function mend() {
    panel.querySelectorAll(OWN_KEYS).forEach(node => set(node, "data-lm-suppress-shortcuts", "true"));
    panel.querySelectorAll(".widget-slider").forEach(nameSlider);
    for (const said of panel.querySelectorAll(".micrograd-lite-says > .widget-html-content")) {
      set(said, "role", "status");
      set(said, "aria-live", "polite");
      set(said, "aria-busy", String(model.get("busy")));
    }
    panel.querySelectorAll(".micrograd-lite-picture > .widget-html-content").forEach(letScroll);
  }
  const changes = new MutationObserver(mend), sizes = new ResizeObserver(mend);
  const attributeFilter = ["disabled", "aria-valuetext"];
  const wait = setInterval(() => {  // until this part stands in its panel
    panel = el.closest(".micrograd-lite-panel");
    if (!panel) return;
    clearInterval(wait);
    mend();
    changes.observe(panel, {childList: true, characterData: true, subtree: true, attributeFilter});
    sizes.observe(panel);
    model.on("change:busy", mend);
  }, 20);
  return () => {
    clearInterval(wait);
    changes.disconnect();
    sizes.disconnect();
    model.off("change:busy", mend);
  };
}
export default {render};
"""

_CSS = """
.micrograd-lite-panel :focus-visible {
  outline: 3px solid var(--jp-brand-color1, #0072b2) !important; outline-offset: 2px;
}
.micrograd-lite-panel, .micrograd-lite-panel .widget-box { overflow: visible; }
.micrograd-lite-panel .widget-hbox { flex-wrap: wrap; }
.micrograd-lite-panel .jupyter-button { flex: none; min-width: max-content; max-width: 100%; }
.micrograd-lite-panel .widget-inline-hbox { max-width: 100%; }
.micrograd-lite-picture > .widget-html-content { overflow: auto; max-height: 520px; }
"""


class _Mender(anywidget.AnyWidget):
    """What nobody sees: names, keys and live regions of the panel that it stands in."""

    _esm = _ESM
    _css = _CSS
    busy = traitlets.Bool(False).tag(sync=True)


class Panel(ipywidgets.VBox):
    """A column of widgets for everybody: mouse, keys alone, screen reader, narrow window.

    picture : the HTML widget with the picture; where it is too large it scrolls, and nothing else does.
    says : HTML widgets, each of which is read out when it changes.

    `busy` is True while it changes too fast to be read out; what stands there in the end is.
    """

    def __init__(self, children, *, picture=None, says=()):
        self._mender = _Mender()
        if picture is not None:
            picture.add_class("micrograd-lite-picture")
        for widget in says:
            widget.add_class("micrograd-lite-says")
        super().__init__([*children, self._mender])
        self.add_class("micrograd-lite-panel")

    @property
    def busy(self):
        return self._mender.busy

    @busy.setter
    def busy(self, on):
        self._mender.busy = on
