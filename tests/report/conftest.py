from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from sample import content

from sarhad.report import Content, Written, write


@pytest.fixture(scope="session")
def sample_content() -> Content:
    return content()


@pytest.fixture(scope="session")
def written(sample_content: Content, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Written]:
    """The report in both languages, written once for all tests."""
    folder: Path = tmp_path_factory.mktemp("report")
    return {lang: write(sample_content, folder, lang, also=("en", "ar")) for lang in ("en", "ar")}
