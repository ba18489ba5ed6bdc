from fastapi.testclient import TestClient

from tidepool.main import app


def test_sightings_of_an_animal_add_up(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with TestClient(app) as client:
        for count in (2, 3):
            assert client.post("/sightings", json={"animal": "limpet", "count": count}).status_code == 201
        assert client.get("/sightings").json() == {"limpet": 5}
