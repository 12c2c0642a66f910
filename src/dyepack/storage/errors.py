"""Errors of storage.

DyepackError
└── StorageError
    ├── DatabaseError      the database answered with an error
    ├── TableUnwritableError  the analysis tables cannot be written
    ├── BrokenTableError   an analysis table is not what the log says
    ├── HomeBusyError      another process holds this home
    ├── HomeUnwritableError  the home cannot be written by this account
    ├── HomeMissingError   there is no home here
    └── HomeExistsError    there is one already, or other files
"""

from dyepack.terms.errors import DyepackError, Outcome


class StorageError(DyepackError):
    """Base of this room."""

    code = "storage.error"


class DatabaseError(StorageError):
    """The database answered with an error; nothing of the failed act was kept."""

    code = "storage.database"
    outcome = Outcome.UNAVAILABLE
    en = "The vault database refused to write ({reason}); nothing was changed. Check free space and permissions."
    zh = "保险库数据库写入失败（{reason}），未作任何更改。请检查磁盘空间与主目录权限。"


class TableUnwritableError(StorageError):
    """The disk refused; the log itself is untouched."""

    code = "storage.table-unwritable"
    outcome = Outcome.UNAVAILABLE
    en = "The analysis tables cannot be written ({reason}); the log is untouched. Free space, then refresh them."
    zh = "分析表无法写入（{reason}），日志未受影响。请腾出空间后重新刷新。"


class BrokenTableError(StorageError):
    """A file of the analysis tables, or a place in it, that differs from the log."""

    code = "storage.broken-table"
    en = (
        "The analysis tables differ from the log at {place}: {why}. Keep the file if you want to know who changed it,"
        " then run `dyepack ledger tables --rebuild`."
    )
    zh = (
        "分析表在 {place} 处与日志不符：{why}。如需追查改动者请先留存该文件，再运行 `dyepack ledger tables --rebuild`。"
    )


class HomeBusyError(StorageError):
    """Another process holds the home and takes no forwarded commands."""

    code = "storage.home-busy"
    outcome = Outcome.UNAVAILABLE
    en = "Another command is using this home and did not finish in time; try again when it has ended."
    zh = "另一条命令正在使用此主目录且未及时结束，请待其结束后重试。"


class HomeUnwritableError(StorageError):
    """The home cannot be written by this account."""

    code = "storage.home-unwritable"
    outcome = Outcome.UNAVAILABLE
    en = "The home cannot be written ({reason}); nothing was shown or changed. Use the account that owns it."
    zh = "主目录不可写（{reason}），未显示也未更改任何内容。请使用其属主账户。"


class HomeMissingError(StorageError):
    """The folder holds no institution."""

    code = "storage.no-home"
    outcome = Outcome.BAD_INPUT
    en = "There is no institution in this folder; make one with: dyepack init --home DIR"
    zh = "该目录下没有机构主目录，请先运行：dyepack init --home DIR"


class HomeExistsError(StorageError):
    """``init`` met an existing home."""

    code = "storage.home-exists"
    outcome = Outcome.BAD_INPUT
    en = "This folder already holds an institution or other files; choose an empty folder. Nothing was changed."
    zh = "该目录已有机构或其他文件，请换一个空目录。未作任何更改。"
