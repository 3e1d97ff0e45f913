"""The headers that answers carry."""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from gopura.admin.origins import Origins
from gopura.admin.release import PRODUCT
from gopura.settings import Settings


class Headers:
    """Puts CORS, Server, latency and the request's id on an answer."""

    def __init__(self, settings: Settings, origins: Origins) -> None:
        self._named = settings.get("admin_gui_origin")
        self._origins = origins
        enabled = settings.public()["enabled_headers"]
        self._server = bool(enabled["Server"])
        self._latency = bool(enabled["X-Kong-Admin-Latency"])

    def put(self, request: Request, response: Response, request_id: str, seconds: float) -> None:
        """Add them."""
        headers = response.headers
        self._put_origin(request, headers)
        headers["X-Kong-Admin-Request-ID"] = request_id
        if self._server:
            headers["Server"] = PRODUCT
        if self._latency:
            headers["X-Kong-Admin-Latency"] = str(round(seconds * 1000))

    def _put_origin(self, request: Request, headers: MutableHeaders) -> None:
        """Say as Kong does who may read the answer, except that pages whose origin is not allowed may not."""
        origin = request.headers.get("origin")
        if origin is None:
            headers["Access-Control-Allow-Origin"] = self._named or "*"
        elif self._origins.allow(origin, request.headers.get("host", "")):
            headers["Access-Control-Allow-Origin"] = origin
            headers.add_vary_header("Origin")
        else:
            return
        headers["Access-Control-Allow-Credentials"] = "true"
