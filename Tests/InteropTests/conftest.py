import pytest

from harness import Server


@pytest.fixture(scope="session")
def open_server():
    """No secrets, on loopback: what a newcomer starts."""
    with Server() as server:
        yield server
