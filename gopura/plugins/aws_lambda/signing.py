"""Signing requests to AWS (Signature Version 4)."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote


@dataclass(frozen=True)
class Credentials:
    """Whom AWS knows."""

    key: str
    secret: str
    token: str | None = None

    @classmethod
    def of_environment(cls) -> Credentials | None:
        """Those of AWS's own variables, as containers and functions get them."""
        key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
        return cls(key, secret, os.environ.get("AWS_SESSION_TOKEN")) if key and secret else None


@dataclass(frozen=True)
class Signer:
    """Signs requests to one service of one region."""

    credentials: Credentials
    region: str
    service: str

    def signed(
        self,
        method: str,
        path: str,
        query: str,
        headers: dict[str, str],
        body: bytes,
        now: datetime | None = None,
    ) -> dict[str, str]:
        """The headers with a date and a signature over all of them; they must have `host`."""
        moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        all_ = {name.lower(): value for name, value in headers.items()} | {"x-amz-date": moment}
        if self.credentials.token:
            all_["x-amz-security-token"] = self.credentials.token
        names = ";".join(sorted(all_))
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        lines = "".join(f"{name}:{all_[name].strip()}\n" for name in sorted(all_))
        request = [method, quote(path, safe="/~"), query, lines, names, hashlib.sha256(body).hexdigest()]
        digest = hashlib.sha256("\n".join(request).encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
        signature = hmac.digest(self._key(scope), text.encode(), "sha256").hex()
        return all_ | {
            "authorization": f"AWS4-HMAC-SHA256 Credential={self.credentials.key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        }

    def _key(self, scope: str) -> bytes:
        key = b"AWS4" + self.credentials.secret.encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return key
