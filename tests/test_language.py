"""Chinese terms are marked as Chinese where a page is refreshed, and nothing else is changed."""

import importlib.util
import re
from pathlib import Path

import nbformat
import pytest

HERE = Path(__file__).resolve().parent.parent
PAGES = sorted((HERE / "notebooks").glob("*.ipynb"))
MARK = re.compile('<span lang="zh">(.*?)</span>')


@pytest.fixture(scope="module")
def mark_chinese():
    spec = importlib.util.spec_from_file_location("refresh", HERE / "tools" / "refresh.py")
    refresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(refresh)
    return refresh.mark_chinese


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        ("the **derivative** (导数) of f", 'the **derivative** (<span lang="zh">导数</span>) of f'),
        ("权重、偏置, and 链", '<span lang="zh">权重、偏置</span>, and <span lang="zh">链</span>'),
        ("| 梯度 | gradient |", '| <span lang="zh">梯度</span> | gradient |'),
        ("[导数](#导数)", '[<span lang="zh">导数</span>](#导数)'),
        ("*反向传播*<br>链式法则", '*<span lang="zh">反向传播</span>*<br><span lang="zh">链式法则</span>'),
        ("a price of \\$5 for 权重", 'a price of \\$5 for <span lang="zh">权重</span>'),
    ],
)
def test_a_term_is_marked(mark_chinese, typed, marked):
    assert mark_chinese(typed) == marked


@pytest.mark.parametrize(
    "text",
    [
        "no Chinese at all: × − → “quoted”",
        "## Derivative (导数)",
        "a name `导数` and ``a ` 导数``",
        "```python\nx = '导数'\n```",
        "~~~\n导数\n~~~",
        "    x = '导数'",
        "$\\text{导数}$ and $$\n\\text{导数}\n$$",
        '<img alt="导数" src="a.png">',
        "<code>导数</code> <!-- 导数 -->",
        "[text]: https://example.org/导数",
        '<span lang="zh">导数</span>',
        '<span title="x">导数</span>',
    ],
)
def test_what_is_no_text_or_marked_already_is_left(mark_chinese, text):
    assert mark_chinese(text) == text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_loses_nothing_and_is_marked_once(mark_chinese, path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            marked = mark_chinese(cell.source)
            assert mark_chinese(marked) == marked
            assert MARK.sub(r"\1", marked) == MARK.sub(r"\1", cell.source)
