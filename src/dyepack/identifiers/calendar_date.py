"""Calendar days as people and spreadsheets write them, to ISO 8601.

Year first, always: ``1/5/2003`` has two meanings and is refused. A bare number is a day only where the caller knows
that the column holds days (spreadsheet serial numbers count from 1899-12-30; day 60, which never was, is refused).
"""

import re
from datetime import date, timedelta

from dyepack.identifiers.characters import fold_line
from dyepack.identifiers.errors import NotADateError

_SHAPES = (
    re.compile(r"([0-9]{4})\s?([-/.])\s?([0-9]{1,2})\s?\2\s?([0-9]{1,2})(?:[ T][0-9:.]+(?:Z|[+\-][0-9:]+)?)?"),
    re.compile(r"([0-9]{4})\s?(年)\s?([0-9]{1,2})\s?月\s?([0-9]{1,2})\s?[日号]?"),
    re.compile(r"([0-9]{4})()([0-9]{2})([0-9]{2})"),
)
_SERIAL = re.compile(r"([0-9]{1,6})(?:\.[0-9]+)?")
_SERIAL_ZERO = date(1899, 12, 30)
_YEARS = range(1900, 2101)


def normalize_date(text: str, *, serial: bool = False) -> str:
    """The day as ``YYYY-MM-DD``, years 1900-2100; a time of day is cut.

    Args:
        text: The day as written.
        serial: Take a bare number of up to 6 digits as a spreadsheet's serial number.

    Raises:
        NotADateError: No single day is meant.
    """
    line = fold_line(text)
    day: date | None = None
    try:
        for shape in _SHAPES:
            if found := shape.fullmatch(line):
                day = date(int(found[1]), int(found[3]), int(found[4]))
                break
        else:
            if serial and (number := _SERIAL.fullmatch(line)):
                day = _from_serial(int(number[1]))
    except ValueError:
        raise NotADateError from None
    if day is None or day.year not in _YEARS:
        raise NotADateError
    return day.isoformat()


def _from_serial(number: int) -> date | None:
    if number > 60:
        return _SERIAL_ZERO + timedelta(days=number)
    return _SERIAL_ZERO + timedelta(days=number + 1) if 0 < number < 60 else None
