"""Topics and the pages that teach them."""

import pytest

from micrograd_lite import topics
from micrograd_lite.topics import page_of


def pages(tmp_path, *names):
    for name in names:
        (tmp_path / f"{name}.ipynb").touch()
    return tmp_path


def test_the_page_of_a_topic_has_the_topic_in_its_name(tmp_path, monkeypatch):
    found = pages(tmp_path, "04_forward_backward", "08_real_data", "11_batchnorm", "draft_backward")
    monkeypatch.setattr(topics, "PAGES", found)
    assert page_of("backward") == "04_forward_backward"
    assert page_of("real_data") == "08_real_data"
    assert page_of("batchnorm") == "11_batchnorm"


@pytest.mark.parametrize(("topic", "count"), [("batch", 0), ("tensors", 0), ("speed", 2)])
def test_a_topic_without_a_page_of_its_own_is_told(tmp_path, monkeypatch, topic, count):
    monkeypatch.setattr(topics, "PAGES", pages(tmp_path, "11_batchnorm", "12_speed", "13_speed_again"))
    with pytest.raises(LookupError, match=f"should have '{topic}' in its name, and {count} have"):
        page_of(topic)
