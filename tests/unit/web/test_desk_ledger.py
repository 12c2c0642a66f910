"""The page of the ledger: status for everybody, what the monitor found for who answers for the house."""

from starlette.applications import Starlette

from dyepack.app.acts import Acts
from dyepack.app.log_watch import Hour
from dyepack.ledger import Kind
from dyepack.web.log_picture import day_svg
from dyepack.web.wording import Words
from fakes.desk_client import Visitor, code_of

HOUR = 3600 * 1_000_000


def test_an_overseer_runs_the_monitor_and_sees_its_findings_and_nobody_else_does(app: Starlette, acts: Acts) -> None:
    owner = Visitor(app, "en").as_role("owner")
    assert "It has not run since this desk was started." in owner.get("/ledger").text
    page = owner.post("/ledger/monitor").text
    assert "there are no witnesses" in page
    assert "set up witnesses" in page
    assert "It rests on" in page
    consultant = Visitor(app, "en").as_role("consultant")
    assert "/ledger/monitor" not in consultant.get("/ledger").text
    assert "there are no witnesses" not in consultant.get("/ledger").text
    assert code_of(consultant.post("/ledger/monitor")) == "app.not-overseer"


def test_the_page_says_in_both_languages_how_far_the_log_is(app: Starlette, acts: Acts) -> None:
    visitor = Visitor(app, "en").as_role("front_desk")
    acts.house.log.publish()
    size = acts.house.log.size()

    assert f"All {size} entries are under the published checkpoint." in visitor.get("/ledger").text
    assert (
        f"全部 {size} 条条目均在已发布的检查点之下。" in visitor.get("/ledger", headers={"accept-language": "zh"}).text
    )


def test_the_last_day_counts_entries_and_beats_by_hour(acts: Acts) -> None:
    acts.house.log.append([acts.house.fact(Kind.LOG_BEAT, actor="p_log")])
    day = acts.log_watch.day()

    assert len(day) == 24
    assert day[-1].beat or day[-2].beat
    assert sum(hour.entries for hour in day) == acts.house.log.size()


def test_the_picture_tells_its_numbers_and_carries_no_style_and_no_script() -> None:
    hours = [Hour(number * HOUR, number, number == 3) for number in range(24)]
    svg = day_svg(hours, Words("en"), 480)

    assert "276 entries in the last 24 hours; a heartbeat in 1 of them." in svg
    assert (svg.count("<rect"), svg.count("<circle"), svg.count('fill="none"')) == (23, 24, 23)
    assert "style=" not in svg
    assert "script" not in svg
