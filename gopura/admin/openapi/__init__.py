"""The OpenAPI description of the Admin API, generated from the same descriptions as the API itself."""

from gopura.admin.openapi.document import document

__all__ = ["document"]
