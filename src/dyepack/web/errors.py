"""Errors of the desk, and the HTTP status of every error.

DyepackError
└── WebError
    ├── FormRefusedError    the form does not come from a page of this session
    ├── FormBrokenError     the form cannot be read
    ├── TooLargeError       the upload is too large
    ├── FileMissingError    no file was chosen
    ├── ClearFileError      nobody said that the file leaves unsealed
    ├── NoPageError         there is no such page
    ├── QueryError          an address of the log carries a query
    └── AddressError        nothing can listen there
"""

from typing import Final

from dyepack.terms.errors import DyepackError, Outcome

_BY_OUTCOME: Final = {Outcome.REFUSED: 403, Outcome.BAD_INPUT: 422, Outcome.UNAVAILABLE: 503}
_BY_CODE: Final = {
    "vault.not-found": 404,
    "ledger.no-entry": 404,
    "web.no-page": 404,
    "vault.state": 409,
    "vault.duplicate": 409,
    "govern.event-not-allowed": 409,
    "govern.approval-used": 409,
    "govern.approved-already": 409,
    "govern.cooling": 409,
    "web.too-large": 413,
    "app.log-in-throttled": 429,
    "app.token": 401,
    "app.not-published": 404,
    "app.pace": 429,
    "web.query": 400,
}


def status_of(error: DyepackError) -> int:
    """The HTTP status that tells a browser what the sentence tells a person."""
    return _BY_CODE.get(error.code, _BY_OUTCOME[error.outcome])


class WebError(DyepackError):
    """Base of this room."""

    code = "web.error"


class FormRefusedError(WebError):
    """A form without the token of this session, or sent by a page of another site."""

    code = "web.form-refused"
    en = "This form does not belong to your present session. Nothing was changed. Open the page again and resend it."
    zh = "该表单不属于当前会话，未作任何更改。请重新打开页面后提交。"


class FormBrokenError(WebError):
    """The body is no form."""

    code = "web.form-broken"
    outcome = Outcome.BAD_INPUT
    en = "The form cannot be read. Nothing was changed. Open the page again and resend it."
    zh = "表单无法读取，未作任何更改。请重新打开页面后提交。"


class TooLargeError(WebError):
    """More bytes than the page takes."""

    code = "web.too-large"
    outcome = Outcome.BAD_INPUT
    en = "This is larger than {limit_mb} MB. Nothing was changed. Split the file."
    zh = "内容超过 {limit_mb} MB，未作任何更改。请拆分文件。"


class FileMissingError(WebError):
    """An upload without a file."""

    code = "web.file-missing"
    outcome = Outcome.BAD_INPUT
    en = "No file was chosen, or it is empty. Choose one and send the form again."
    zh = "未选择文件或文件为空。请选择文件后重新提交。"


class ClearFileError(WebError):
    """This version writes clear files only, so somebody must say that he knows."""

    code = "web.clear-file"
    outcome = Outcome.BAD_INPUT
    en = "The file leaves in the clear. Tick the box to say that you know; the ledger says so too. Nothing was changed."
    zh = "文件将以明文离开。请勾选表示知悉，账本会注明。未作任何更改。"


class NoPageError(WebError):
    """An address without a page."""

    code = "web.no-page"
    outcome = Outcome.BAD_INPUT
    en = "There is no such page. Go back to the start."
    zh = "没有此页面。请返回首页。"


class QueryError(WebError):
    """A token in an address would stay in histories and logs of proxies."""

    code = "web.query"
    outcome = Outcome.BAD_INPUT
    en = "This address takes nothing after a question mark. Send the token in the header Authorization: Bearer."
    zh = "此地址不接受问号之后的内容。请在 Authorization: Bearer 标头中发送令牌。"


class AddressError(WebError):
    """The address or port is taken or not this machine's."""

    code = "web.address"
    outcome = Outcome.UNAVAILABLE
    en = "Cannot listen on this address and port {port}; another program may use it. Choose another --port."
    zh = "无法在该地址和端口 {port} 监听，可能已被其他程序占用。请用 --port 另选端口。"
