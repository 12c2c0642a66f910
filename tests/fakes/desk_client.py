"""Somebody at the desk without a browser: keeps cookies and the form token as a browser would."""

import re
from typing import Any

from starlette.applications import Starlette
from starlette.testclient import TestClient

from fakes.desk_house import NAME_OF, PASSWORD

_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
_RECORD = re.compile(r"/records/(r1_[a-z2-7]{26})")


class Visitor:
    """A client of the desk."""

    def __init__(self, app: Starlette, language: str = "zh", **options: Any) -> None:
        self.client = TestClient(
            app, headers={"accept-language": language, "user-agent": "test"}, raise_server_exceptions=False, **options
        )
        self.token = ""

    def get(self, path: str, **options: Any) -> Any:
        return self._noted(self.client.get(path, **options))

    def post(self, path: str, files: Any = None, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        return self._noted(
            self.client.post(path, data={"form_token": self.token, **fields}, files=files, headers=headers)
        )

    def log_in(self, name: str, password: str = PASSWORD) -> Any:
        self.get("/log-in")
        return self.post("/log-in", name=name, password=password)

    def as_role(self, role: str) -> "Visitor":
        answer = self.log_in(NAME_OF[role])
        assert answer.status_code == 200, answer.text
        return self

    def look_up(self, phone: str, purpose: str = "consult", case: str = "三月到访") -> str:
        """The token of the record with a number."""
        answer = self.post("/look-up", phone=phone, purpose=purpose, case=case)
        found = _RECORD.search(answer.text)
        assert found, answer.text
        return found[1]

    def cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self.client.cookies.jar if cookie.name == name), "")

    def _noted(self, answer: Any) -> Any:
        found = _TOKEN.search(answer.text) if "html" in answer.headers.get("content-type", "") else None
        if found:
            self.token = found[1]
        return answer


def code_of(answer: Any) -> str:
    """The code of the error that a page shows."""
    found = re.search(r'<p class="code">([^<]*)</p>', answer.text)
    return found[1] if found else ""
