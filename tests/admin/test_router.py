"""From paths to endpoints."""

import pytest

from gopura import entities
from gopura.admin import NoLink
from gopura.admin.app import router
from gopura.admin.gateway import Gateway
from gopura.admin.router import Endpoint, Router
from gopura.plugin.faults.entities import TAKEN
from gopura.plugins.acme.control import AcmeControl
from gopura.settings import Settings
from gopura.store import Store

PATHS = (
    "/",
    "/services",
    "/services/{services}",
    "/services/{services}/routes",
    "/services/{services}/routes/{routes}",
    "/plugins/enabled",
    "/plugins/{plugins}",
    "/plugins/{plugins}/route",
    "/schemas/{name}",
    "/schemas/{db_entity_name}/validate",
    "/schemas/plugins/{name}",
)

CASES: list[tuple[str, str | None, dict[str, str]]] = [
    ("/", "/", {}),
    ("//", "/", {}),
    ("/services", "/services", {}),
    ("/services/", "/services", {}),
    ("/services//", None, {}),
    ("/Services", None, {}),
    ("/services/a", "/services/{services}", {"services": "a"}),
    ("/services/a%2Fb", "/services/{services}", {"services": "a%2Fb"}),
    ("/services/a\nb", "/services/{services}", {"services": "a\nb"}),
    ("/services/a/routes/b", "/services/{services}/routes/{routes}", {"services": "a", "routes": "b"}),
    ("/services//routes", None, {}),
    ("/plugins/enabled", "/plugins/enabled", {}),
    ("/plugins/enabled/route", "/plugins/{plugins}/route", {"plugins": "enabled"}),
    ("/schemas/plugins/acl", "/schemas/plugins/{name}", {"name": "acl"}),
    ("/schemas/plugins", "/schemas/{name}", {"name": "plugins"}),
    ("/schemas/plugins/validate", "/schemas/plugins/{name}", {"name": "validate"}),
    ("/schemas/routes/validate", "/schemas/{db_entity_name}/validate", {"db_entity_name": "routes"}),
    ("/nope", None, {}),
]


@pytest.mark.parametrize(("path", "found", "params"), CASES)
def test_finding(path: str, found: str | None, params: dict[str, str]) -> None:
    router = Router()
    for known in PATHS:
        router.add(Endpoint(known, {}))
    match = router.find(path)
    if found is None:
        assert match is None
    else:
        assert match is not None
        assert (match[0].path, match[1]) == (found, params)


def test_plugins_entities_cannot_have_the_names_of_endpoints() -> None:
    """Beside the names of entities, which are known to be taken."""
    settings = Settings.load(None, {}, {"database": "off"})
    store = Store.of(settings)
    further = AcmeControl(store, settings).endpoints()
    paths = [*router(Gateway(store, settings, NoLink())).endpoints, *(endpoint.path for endpoint in further)]
    assert {path.split("/")[1] for path in paths} - {""} - set(entities.all()) == TAKEN
