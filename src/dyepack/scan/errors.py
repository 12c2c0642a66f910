"""Errors of reading files: why a file cannot be taken in, in one sentence with its remedy.

DyepackError
└── ScanError
    ├── EmptyFileError        no row of data
    ├── EncryptedError        the file opens with a password only
    ├── BombError             it unpacks to far more than it is
    ├── EncodingError         text in no encoding that we read
    ├── UnreadableError       damaged, or not a table at all
    ├── TooManyRowsError
    ├── TooLargeError         bytes, columns, cells or one cell beyond a limit
    ├── NoColumnError         no column holds a phone, e-mail, WeChat, ...
    └── NoSheetError          the sheet asked for is not there

Nothing of a file's content is in a sentence: no cell, no column name, no sheet name.
"""

from dyepack.terms.errors import DyepackError, Outcome


class ScanError(DyepackError):
    """Base of this room."""

    code = "scan.error"
    outcome = Outcome.BAD_INPUT


class EmptyFileError(ScanError):
    """There is nothing to read."""

    code = "scan.empty-file"
    en = "The file holds no row of data: check that it is the right file and was saved."
    zh = "文件中没有数据行：请确认选对了文件并已保存。"


class EncryptedError(ScanError):
    """A password protects the file."""

    code = "scan.encrypted"
    en = "The file is protected by a password: open it, save a copy without the password, and give that copy."
    zh = "文件设有打开密码：请打开后另存为无密码的副本，再重新提交。"


class BombError(ScanError):
    """A small file that unpacks to a huge one."""

    code = "scan.bomb"
    en = "The file unpacks to over {ratio} times its size or over {mebibytes} MiB; nothing was read: save it anew."
    zh = "文件解压后超过原大小的 {ratio} 倍或超过 {mebibytes} MiB，未读取：请重新另存后提交。"


class EncodingError(ScanError):
    """Bytes that are text in no encoding that we read."""

    code = "scan.encoding"
    en = "The text is neither UTF-8 nor GB18030 nor UTF-16 with a byte order mark: save it as UTF-8 and give it again."
    zh = "文本编码既不是 UTF-8、GB18030，也不是带 BOM 的 UTF-16：请另存为 UTF-8 后重新提交。"


class UnreadableError(ScanError):
    """Not a table, or one too damaged to trust."""

    code = "scan.unreadable"
    en = "The file is no readable table: save it as xlsx or as csv and give it again."
    zh = "文件不是可读取的表格：请另存为 xlsx 或 csv 后重新提交。"


class TooManyRowsError(ScanError):
    """More rows than one file may have."""

    code = "scan.too-many-rows"
    en = "The file has more than {limit} rows: split it into smaller files."
    zh = "文件超过 {limit} 行：请拆分成较小的文件。"


class TooLargeError(ScanError):
    """Some measure other than rows is beyond its limit."""

    code = "scan.too-large"
    en = "The file is too large ({measure}, at most {limit}): split it or remove what is not needed."
    zh = "文件过大（{measure}，上限 {limit}）：请拆分或删去不需要的内容。"


class NoColumnError(ScanError):
    """No column by which a person could be reached."""

    code = "scan.no-column"
    en = "No column holds a phone, e-mail, WeChat or QQ: name the columns in the first row, such as phone."
    zh = "没有识别出手机、邮箱、微信或 QQ 列：请在首行写明列名（例如“手机”）后重新提交。"


class NoSheetError(ScanError):
    """A sheet that the workbook does not have."""

    code = "scan.no-sheet"
    en = "No such sheet with rows: give the exact name of one of the {count} sheets, or its position, 1 to {count}."
    zh = "工作簿中没有该工作表或其中没有数据：请给出 {count} 个工作表之一的准确名称，或序号 1 至 {count}。"
