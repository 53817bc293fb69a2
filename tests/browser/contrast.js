// The letters of texts and outputs with less than 4.5 : 1 on what is behind them, a line each. axe-core gives
// up on contrast in JupyterLab's layers. The colours of code in a text (pre span) are JupyterLab's own.
() => {
  const numbers = text => (text.match(/[\d.]+/g) ?? []).map(Number);
  const light = colour => colour.map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const over = ([r, g, b, share = 1], below) => [r, g, b].map((v, k) => v * share + below[k] * (1 - share));
  function behind(node) {
    if (!node) return [255, 255, 255];
    const colour = numbers(getComputedStyle(node).backgroundColor);
    return (colour[3] ?? 1) === 1 ? colour : over(colour, behind(node.parentElement));
  }
  const faults = new Set();
  for (const part of document.querySelectorAll('.jp-OutputArea-output, .jp-RenderedMarkdown')) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
      const apart = 'svg, mjx-container, pre span, style, script, :disabled, [disabled]';
      if (!text || !node.getClientRects().length || node.closest(apart)) continue;
      const back = behind(node);
      const [a, b] = [light(over(numbers(getComputedStyle(node).color), back)), light(back)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const cell = node.closest('.jp-Cell').dataset.windowedListIndex;
      if (ratio < 4.5) faults.add(`${ratio.toFixed(1)} : 1 in cell ${cell}: ${text.slice(0, 60)}`);
    }
  }
  return [...faults];
}
