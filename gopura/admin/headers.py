"""The headers that answers carry."""

from starlette.requests import Request
from starlette.responses import Response

from gopura.admin.release import PRODUCT
from gopura.settings import Settings


class Headers:
    """Puts CORS, Server, latency and the request's id on an answer."""

    def __init__(self, settings: Settings) -> None:
        self._origin = settings.get("admin_gui_origin")
        enabled = settings.public()["enabled_headers"]
        self._server = bool(enabled["Server"])
        self._latency = bool(enabled["X-Kong-Admin-Latency"])

    def put(self, request: Request, response: Response, request_id: str, seconds: float) -> None:
        """Add them."""
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = self._origin or request.headers.get("origin", "*")
        headers["Access-Control-Allow-Credentials"] = "true"
        headers["X-Kong-Admin-Request-ID"] = request_id
        if self._server:
            headers["Server"] = PRODUCT
        if self._latency:
            headers["X-Kong-Admin-Latency"] = str(round(seconds * 1000))
