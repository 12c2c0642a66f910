"""How times are shown: in the institution's own hours."""

from datetime import UTC, datetime, timedelta


def local_time(text: str | None, offset_minutes: int) -> str:
    """``2026-11-22T03:40:01Z`` as ``2026-11-22 11:40`` east of UTC by ``offset_minutes``; nothing stays nothing."""
    if not text:
        return ""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) + timedelta(minutes=offset_minutes)
    return moment.strftime("%Y-%m-%d %H:%M")
