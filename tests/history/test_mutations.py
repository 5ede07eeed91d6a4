"""The mutations still fit the service: each text that they change is there, once. (Running them takes minutes.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.history.mutations import MUTATIONS, Mutation, change
from tests.history.servers import copy_of_service


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the service."""
    return copy_of_service(tmp_path_factory.mktemp("service"))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_fits_the_service_and_leaves_it_readable(mutation: Mutation, tree: Path) -> None:
    file = tree / mutation.file
    before = file.read_text()

    change(mutation, tree)

    compile(file.read_text(), mutation.file, "exec")
    file.write_text(before)
