import pytest

from loans import create_app
from loans.db import create_tables


@pytest.fixture
def client():
    create_tables()
    return create_app().test_client()


def test_a_loan_needs_a_borrower(client):
    assert client.post("/loans", json={"tool": "drill"}).status_code == 400


def test_a_loan_is_shown(client):
    assert client.post("/loans", json={"tool": "drill", "borrower": "Kofi"}).status_code == 201
    assert "Kofi has the drill" in client.get("/").text
