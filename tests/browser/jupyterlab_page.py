"""A JupyterLab in the browser, as a test uses it: open a page, run it, look at cells, use widgets."""

import time
from urllib.parse import urlsplit

from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from playwright.sync_api import expect

HERE = ("127.0.0.1", "localhost")
SCREEN = {"width": 1280, "height": 720}
PATIENCE = 20_000  # milliseconds, for what should be there at once, on a busy machine
expect.set_options(timeout=PATIENCE)

# JavaScript, run in the page. `jupyterapp` is JupyterLab itself (LabApp.expose_app_in_browser).
PANEL = "window.jupyterapp.shell.currentWidget"
NOTEBOOK_OPEN = """() => {
  const panel = window.jupyterapp?.shell?.currentWidget;
  return Boolean(panel?.sessionContext && panel.content?.model && panel.context.isReady);
}"""
NOTEBOOK_READY = f"""async () => {{
  await window.jupyterapp.restored;
  await {PANEL}.revealed;
  await {PANEL}.sessionContext.ready;
}}"""
# ipywidgets first looks for widgets that the kernel has already. A cell that makes one meanwhile, in a page's
# first second or so, may show an error for it. Its manager, which only a renderer names, knows the end.
WIDGETS_READY = f"""async () => {{
  const rendermime = {PANEL}.content.rendermime;
  const mimeType = 'application/vnd.jupyter.widget-view+json';
  const options = {{mimeType, sanitizer: rendermime.sanitizer}};
  const renderer = rendermime.getFactory(mimeType).createRenderer(options);
  const soon = new Promise(resolve => setTimeout(resolve, 100, null));
  const manager = await Promise.race([renderer._manager.promise, soon]);
  renderer.dispose();
  return Boolean(manager?.restoredStatus);
}}"""
HAS_WIDGETS = f"() => {PANEL}.sessionContext.session.kernel.handleComms"
IDLE = f"() => {PANEL}.sessionContext.session?.kernel?.status === 'idle'"
RUN_COMMAND = "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => null)"
CELLS = f"() => {PANEL}.content.model.sharedModel.toJSON().cells"
SHOW_CELL = f"""async id => {{
  const notebook = {PANEL}.content;
  const index = notebook.widgets.findIndex(cell => cell.model.id === id);
  if (index < 0) throw new Error('this page has no cell ' + id);
  notebook.activeCellIndex = index;
  await notebook.scrollToItem(index, 'start');
  await notebook.widgets[index].ready;
  return index;
}}"""
SCROLL = f"""top => {{
  const node = {PANEL}.content.outerNode;
  node.scrollTop = top;
  return node.scrollTop + node.clientHeight >= node.scrollHeight - 1;
}}"""


class JupyterLabPage:
    """A window. `complaints`: errors on its console; `left_the_machine`: what it asked elsewhere."""

    def __init__(self, context, server, screenshots):
        self.context, self.server, self.screenshots = context, server, screenshots
        self.complaints, self.left_the_machine = [], []
        context.set_default_timeout(PATIENCE)
        context.route(lambda address: not is_here(address), self._refuse)
        self.page = context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("websocket", lambda socket: self._note(socket.url))

    def _refuse(self, route):
        self._note(route.request.url)
        route.abort()

    def _note(self, address):
        if not is_here(address):
            self.left_the_machine.append(address)

    def _listen(self, message):
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    # -- the page --------------------------------------------------------------------------------

    def open(self, path=None):
        """Open JupyterLab as the link in the terminal does, or on a file of the course."""
        where = f"lab/tree/{path}?reset&" if path else "?"
        self.page.goto(f"{self.server['url']}{where}token={self.server['token']}")
        self.page.wait_for_function(NOTEBOOK_OPEN, timeout=3 * PATIENCE)
        self.page.evaluate(NOTEBOOK_READY)
        deadline = time.monotonic() + 3 * PATIENCE / 1000
        while not self.page.evaluate(WIDGETS_READY):
            if time.monotonic() > deadline:
                raise TimeoutError("JupyterLab's widget manager does not get ready")
        self.wait_until_idle()
        if not self.page.evaluate(HAS_WIDGETS):
            raise RuntimeError(
                "this window is not the one that gets its kernel's widgets (kernel.handleComms)"
            )

    def close(self):
        self.context.close()

    def wait_until_idle(self):
        self.page.wait_for_function(IDLE, timeout=3 * PATIENCE)

    def command(self, name, **arguments):
        """Run a command of JupyterLab and wait for its end."""
        self.page.evaluate(RUN_COMMAND, [name, arguments])

    def run_all(self):
        """The menu's Run > Run All Cells; wait for the end. An error stops JupyterLab there."""
        self.command("runmenu:run-all")

    def cells(self):
        """The notebook's cells as they are now, as in the file."""
        return self.page.evaluate(CELLS)

    def left_of(self, faults):
        """What a script still finds once the page had time to settle; [] as soon as there is nothing."""
        try:
            self.page.wait_for_function(f"() => ({faults})().length === 0")
        except PlaywrightTimeoutError:
            return self.page.evaluate(faults)
        return []

    def screenshot(self, name):
        self.screenshots.mkdir(exist_ok=True)
        self.page.screenshot(path=self.screenshots / f"{name}.png")

    def screenshots_of_all(self, name, height=4000):
        """The whole page, in pictures `height` pixels high."""
        self.page.set_viewport_size({**SCREEN, "height": height})
        for number in range(1, 100):
            last = self.page.evaluate(SCROLL, (number - 1) * (height - 150))
            self.screenshot(f"{name}-{number:02d}")
            if last:
                break
        self.page.set_viewport_size(SCREEN)

    # -- one cell --------------------------------------------------------------------------------

    def show(self, cell_id):
        """Scroll the cell into view and make it the active one. -> its locator"""
        index = self.page.evaluate(SHOW_CELL, cell_id)
        return self.page.locator(f".jp-Notebook-cell[data-windowed-list-index='{index}']")

    def type_source(self, cell_id, source):
        """Replace the cell's source by typing over it. -> its locator"""
        cell = self.show(cell_id)
        editor = cell.locator(".cm-content")
        editor.click()
        editor.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)
        return cell

    def run_cell(self, cell_id):
        """Run one cell as Ctrl + Enter does, and wait for its end. -> its locator"""
        cell = self.show(cell_id)
        self.command("notebook:run-cell")
        return cell

    def said(self, cell_id):
        """What the cell's outputs say, as text."""
        cell = next(cell for cell in self.cells() if cell["id"] == cell_id)
        parts = [
            output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell["outputs"]
        ]
        return "\n".join("".join(part) for part in parts)


# -- many pages ------------------------------------------------------------------------------------


def pages_of(server, open_window):
    """A function from the name of a page to the page on this server, opened and run once."""
    pages = {}

    def run_page(name):
        if name not in pages:
            pages[name] = open_window(server, f"notebooks/{name}.ipynb")
            pages[name].run_all()
        return pages[name]

    return run_page


# -- widgets, inside a cell's locator ---------------------------------------------------------------


def slider(cell, label):
    """The slider with this label: its handle has the keys and the mouse, its readout says where it stands."""
    whole = cell.locator(".widget-slider", has=cell.page.get_by_text(label, exact=True))
    return whole.get_by_role("slider"), whole.locator(".widget-readout")


def drag(handle, to):
    """Drag a slider's handle with the mouse to a place between 0 (left end) and 1 (right end)."""
    handle.hover()  # waits until it stands still and nothing lies over it
    track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-base')]").bounding_box()
    start = handle.bounding_box()
    y = start["y"] + start["height"] / 2
    mouse = handle.page.mouse
    mouse.move(start["x"] + start["width"] / 2, y)
    mouse.down()
    mouse.move(track["x"] + to * track["width"], y, steps=8)
    mouse.up()


def press(cell, name):
    """Press the button with this name (an icon may stand before it)."""
    cell.get_by_role("button", name=name).click()


def is_here(address):
    parts = urlsplit(address)
    return parts.scheme in ("data", "blob", "about") or parts.hostname in HERE
