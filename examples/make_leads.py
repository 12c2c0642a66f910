#!/usr/bin/env python3
"""Make the two example lists, as dirty as real ones, of people who do not exist.

    python examples/make_leads.py [FOLDER]

writes ``leads.xlsx`` (1,200 rows) and ``leads-gb18030.csv`` (800 rows). Same program, same bytes. Numbers have the
form ``1xx00000nnn``, mail lies at example.com, resident ids have the sequence 00x. The dirt is planted on purpose, and
``PLANTED`` counts it.
"""

import csv
import io
import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import xlsxwriter

SEED = 20260302
XLSX_ROWS, CSV_ROWS = 1200, 800
PLANTED = {
    "doubles in the xlsx": 24,
    "doubles in the csv": 16,
    "doubles of the xlsx in the csv": 40,
    "two numbers in a cell": 36,
    "names missing": 30,
    "phones missing, reachable by WeChat": 20,
    "wrong check digit": 1,
    "digits lost (1.38E+10)": 2,
    "merged runs of a country": 40,
    "hidden columns": 1,
}

SURNAMES = """
王 wang 李 li 张 zhang 刘 liu 陈 chen 杨 yang 赵 zhao 黄 huang 周 zhou 吴 wu 徐 xu 孙 sun 胡 hu 朱 zhu 高 gao 林 lin
何 he 郭 guo 马 ma 罗 luo 梁 liang 宋 song 郑 zheng 谢 xie 韩 han 唐 tang 冯 feng 董 dong 程 cheng 曹 cao 袁 yuan
邓 deng 许 xu 傅 fu 沈 shen 曾 zeng 彭 peng 吕 lv 苏 su 卢 lu 欧阳 ouyang 司马 sima
"""
GIVEN = """
子 zi 涵 han 雨 yu 欣 xin 宇 yu 轩 xuan 思 si 远 yuan 嘉 jia 怡 yi 浩 hao 然 ran 梓 zi 萱 xuan 俊 jun 杰 jie 一 yi
诺 nuo 晨 chen 曦 xi 佳 jia 琪 qi 明 ming 哲 zhe 文 wen 博 bo 诗 shi 睿 rui 天 tian 佑 you 雅 ya 静 jing 志 zhi
强 qiang 晓 xiao 梦 meng 瑶 yao 海 hai 燕 yan 建 jian 国 guo 丽 li 娜 na 伟 wei 芳 fang 敏 min 磊 lei 洋 yang
婷 ting 鹏 peng 飞 fei 慧 hui 玲 ling 凯 kai
"""
PREFIXES = [f"{head}{last}" for head in ("13", "15", "18") for last in range(10)]
COUNTRIES = ["英国"] * 6 + ["美国"] * 4 + ["澳大利亚"] * 3 + ["加拿大"] * 2 + ["新加坡", "日本", "德国", "爱尔兰"]
GRADES = ["大一", "大二", "大三", "大三", "大四", "大四", "已毕业", "研一"]
AT_SCHOOL = "高二"
SEASONS = ["2026秋季", "2026秋季", "2027春季", "2027秋季", "2027秋季", "2028秋季"]
BUDGETS = [20, 25, 30, 35, 40, 50, 60, 80]
SUBJECTS = ["金融", "会计", "计算机", "传媒", "教育", "数据科学", "法学", "市场营销", "土木", "心理学"]
DEGREES = ["本科", "硕士", "预科", "博士"]
TEAMS = ["线上表单", "校园讲座", "老客户介绍", "教育展"]
PLAIN_REMARKS = [
    "想先了解学校排名",
    "雅思还没考，打算暑假报班",
    "对奖学金比较关心",
    "周末方便联系",
    "已寄资料",
    "需要文书辅导",
    "父母在外地，晚上联系",
    "绩点一般，想冲名校",
    "",
    "",
    "",
]
CHECK_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
DAY_ZERO = date(1899, 12, 30)


class Draw:
    """SplitMix64 (Steele, Lea, Flood 2014): the same numbers in every version of Python."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, limit: int) -> int:
        """An integer in 0..limit-1."""
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        return (mixed ^ (mixed >> 31)) % limit

    def pick(self, choices):
        """One of a sequence."""
        return choices[self.below(len(choices))]

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred draws."""
        return self.below(100) < percent

    def sample(self, size: int, limit: int) -> list[int]:
        """So many different integers below the limit, in order."""
        chosen: set[int] = set()
        while len(chosen) < size:
            chosen.add(self.below(limit))
        return sorted(chosen)

    def shuffle(self, items: list) -> None:
        """Fisher and Yates."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


@dataclass(frozen=True)
class Person:
    """One invented person; ``phone`` and the other fields are clean, the dirt comes when writing."""

    name: str
    phone: str
    second_phone: str
    wechat: str
    email: str
    birth: date | None
    country: str
    grade: str
    season: str
    budget: int
    remark: str
    citizen_id: str


def spelled(table: str) -> list[tuple[str, str]]:
    """Characters with their pinyin."""
    words = table.split()
    return list(zip(words[::2], words[1::2], strict=True))


def main() -> None:
    """Write both files into the folder given, by default beside this program."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, content in make().items():
        (folder / name).write_bytes(content)


def make() -> dict[str, bytes]:
    """Both files by name."""
    draw = Draw(SEED)
    fresh_xlsx = XLSX_ROWS - PLANTED["doubles in the xlsx"]
    fresh_csv = CSV_ROWS - PLANTED["doubles in the csv"] - PLANTED["doubles of the xlsx in the csv"]
    people = invent(draw, fresh_xlsx + fresh_csv)
    first, second = people[:fresh_xlsx], people[fresh_xlsx:]
    across = [first[place] for place in draw.sample(PLANTED["doubles of the xlsx in the csv"], len(first))]
    in_xlsx = with_doubles(draw, first, PLANTED["doubles in the xlsx"])
    in_csv = with_doubles(draw, second, PLANTED["doubles in the csv"])
    for person in across:
        in_csv.insert(draw.below(len(in_csv)), replace(person, remark="二次咨询"))
    return {"leads.xlsx": write_xlsx(draw, in_xlsx), "leads-gb18030.csv": write_csv(draw, in_csv)}


def invent(draw: Draw, count: int) -> list[Person]:
    """People with different numbers, some without a name or a number."""
    numbers = [f"{prefix}00000{last:03}" for prefix in PREFIXES for last in range(1000)]
    draw.shuffle(numbers)
    two = set(draw.sample(PLANTED["two numbers in a cell"], count))
    unnamed = set(draw.sample(PLANTED["names missing"], count))
    unreachable = set(draw.sample(PLANTED["phones missing, reachable by WeChat"], count)) - two - unnamed
    surnames, characters = spelled(SURNAMES), spelled(GIVEN)
    people = []
    for place in range(count):
        surname, pinyin = draw.pick(surnames)
        given = [draw.pick(characters) for _ in range(2 if draw.chance(78) else 1)]
        latin = pinyin + "".join(part[1] for part in given)
        phone = numbers[place]
        birth = birthday(draw) if draw.chance(60) else None
        country, budget = draw.pick(COUNTRIES), draw.pick(BUDGETS)
        minor = birth.year > 2007 if birth else draw.chance(12)
        grade = AT_SCHOOL if minor else draw.pick(GRADES)
        citizen = birth is not None and birth.year < 2008 and draw.chance(5)
        people.append(
            Person(
                name="" if place in unnamed else surname + "".join(part[0] for part in given),
                phone="" if place in unreachable else phone,
                second_phone=numbers[count + place] if place in two else "",
                wechat=wechat(draw, latin, phone, must=place in unreachable),
                email=f"{latin}{draw.below(9000) + 1000}@example.com" if draw.chance(45) else "",
                birth=birth,
                country=country,
                grade=grade,
                season=draw.pick(SEASONS),
                budget=budget,
                remark=remark(draw, country, grade, budget),
                citizen_id=resident_id(birth, draw.below(9) + 1) if citizen and birth else "",
            )
        )
    return people


def birthday(draw: Draw) -> date:
    """Nine of ten are grown up."""
    start, end = (date(1999, 1, 1), date(2007, 12, 31)) if draw.chance(90) else (date(2009, 6, 1), date(2011, 12, 31))
    return start + timedelta(days=draw.below((end - start).days + 1))


def resident_id(birth: date, sequence: int) -> str:
    """A number with a right check digit and a sequence that no office gives out."""
    first17 = f"110101{birth:%Y%m%d}{sequence:03}"
    return first17 + "10X98765432"[sum(w * int(digit) for w, digit in zip(CHECK_WEIGHTS, first17, strict=True)) % 11]


def wechat(draw: Draw, latin: str, phone: str, *, must: bool) -> str:
    """An id of the person's own, sometimes the mobile number itself."""
    if not must and not draw.chance(40):
        return ""
    if not must and draw.chance(15):
        return phone
    return f"{latin[:12]}_{draw.below(900000) + 100000}"


def remark(draw: Draw, country: str, grade: str, budget: int) -> str:
    """In half of the rows a phrase that can be said in two ways, in natural text."""
    if not draw.chance(54):
        return draw.pick(PLAIN_REMARKS)
    other = draw.below(2)
    kinds = ["talked", "budget", "tags"] + ["abroad"] * (country == "英国") + ["school"] * 3 * (grade == AT_SCHOOL)
    kind = draw.pick(kinds)
    if kind == "tags":
        degree, subject = draw.pick(DEGREES), draw.pick(SUBJECTS)
        return "、".join([[country, degree], [degree, country]][other] + ([subject] if draw.chance(50) else []))
    texts, forms = {
        "abroad": (["明年想{}，先考雅思", "本科毕业后{}", "打算{}，一年制"], ["去英国读研", "赴英国读研"]),
        "talked": (["{}，同意下周面谈", "{}，希望尽快定校", "{}"], ["家长已沟通", "已与家长沟通"]),
        "budget": (["{}，可以再商量", "{}", "{}，看学校排名"], [f"预算约{budget}万", f"预算{budget}万左右"]),
        "school": (["{}，成绩中上", "{}，准备托福", "{}，想早做准备"], ["高二在读", "在读高二"]),
    }[kind]
    return draw.pick(texts).format(forms[other])


def with_doubles(draw: Draw, people: list[Person], count: int) -> list[Person]:
    """The people, and some of them once more at another place."""
    rows = list(people)
    for place in draw.sample(count, len(people)):
        rows.insert(draw.below(len(rows)), people[place])
    return rows


def dirty_phone(draw: Draw, person: Person) -> str | float:
    """A number as somebody typed it."""
    number = person.phone
    if not number:
        return ""
    if person.second_phone:
        return number + draw.pick(["/", "、", " ", "；", "\n"]) + person.second_phone
    style = draw.below(20)
    grouped = [number[:3], number[3:7], number[7:]]
    styles: dict[int, str | float] = {
        0: number.translate({ord(digit): ord(digit) - ord("0") + ord("０") for digit in "0123456789"}),
        1: "+86" + number,
        2: "+86 " + " ".join(grouped),
        3: "-".join(grouped),
        4: " ".join(grouped),
        5: "86-" + number,
        6: "0086" + number,
        7: float(number),
        8: float(number),
        9: f"（+86）{number}",
    }
    return styles.get(style, number)


def dirty_birth(draw: Draw, birth: date) -> str | int:
    """A day as somebody typed it, or as a spreadsheet lost its format."""
    style = draw.below(10)
    if style < 2:
        return f"{birth.year}/{birth.month}/{birth.day}"
    if style < 4:
        return f"{birth.year}年{birth.month}月{birth.day}日"
    if style == 4:
        return (birth - DAY_ZERO).days
    return birth.isoformat()


def write_xlsx(draw: Draw, people: list[Person]) -> bytes:
    """A registration sheet with a title over two rows, a hidden column and merged runs of one country."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": datetime(2026, 3, 2, tzinfo=UTC)})
    sheet = book.add_worksheet("意向客户")
    title = book.add_format({"bold": True, "align": "center", "valign": "vcenter"})
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    middle = book.add_format({"valign": "vcenter"})
    header = [
        "序号",
        "姓名",
        "手机号",
        "微信",
        "邮箱",
        "出生日期",
        "意向国家",
        "年级",
        "入学季",
        "预算",
        "身份证号",
        "备注",
        "来源渠道",
    ]
    sheet.merge_range(0, 0, 1, len(header) - 1, "意向客户登记表（内部资料）", title)
    sheet.write_row(2, 0, header, bold)
    sheet.set_column(12, 12, 14, None, {"hidden": True})
    sheet.set_column(2, 4, 20)
    runs = merged_runs(draw, len(people))
    damaged = draw.pick(with_one_number(people))
    mistyped = draw.pick([place for place, one in enumerate(people) if one.citizen_id])
    country = ""
    for place, person in enumerate(people):
        row = place + 3
        country = country if runs.get(place) == 0 else person.country
        phone = "1.38E+10" if place == damaged else dirty_phone(draw, person)
        sheet.write_number(row, 0, place + 1)
        sheet.write_string(row, 1, person.name if not draw.chance(3) else f" {person.name}　")
        write = sheet.write_number if isinstance(phone, float) else sheet.write_string
        write(row, 2, phone)
        sheet.write_string(row, 3, person.wechat)
        sheet.write_string(row, 4, person.email)
        if person.birth and draw.chance(60):
            sheet.write_datetime(row, 5, person.birth, day)
        elif person.birth:
            sheet.write(row, 5, dirty_birth(draw, person.birth))
        length = runs.get(place, 1)
        if length > 1:
            sheet.merge_range(row, 6, row + length - 1, 6, country, middle)
        elif length == 1:
            sheet.write_string(row, 6, country)
        sheet.write_row(row, 7, [person.grade, person.season, f"{person.budget}万"])
        sheet.write_string(row, 10, mistype(person.citizen_id) if place == mistyped else person.citizen_id)
        sheet.write_string(row, 11, person.remark)
        sheet.write_string(row, 12, draw.pick(TEAMS))
    book.close()
    return target.getvalue()


def merged_runs(draw: Draw, rows: int) -> dict[int, int]:
    """Place of each run's first row to its length, and every other row of a run to 0."""
    runs: dict[int, int] = {}
    step = rows // PLANTED["merged runs of a country"]
    for start in range(0, step * PLANTED["merged runs of a country"], step):
        first, length = start + draw.below(step - 5), draw.below(3) + 2
        runs[first] = length
        runs.update(dict.fromkeys(range(first + 1, first + length), 0))
    return runs


def with_one_number(people: list[Person]) -> list[int]:
    """Places of people who can still be reached if that number is lost."""
    return [place for place, one in enumerate(people) if one.phone and one.wechat and not one.second_phone]


def mistype(citizen_id: str) -> str:
    """One place of the sequence another digit, the check digit as before."""
    return citizen_id[:16] + str((int(citizen_id[16]) + 1) % 10) + citizen_id[17]


def write_csv(draw: Draw, people: list[Person]) -> bytes:
    """An export of another program: other order, other words, GB18030, floats as text."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    plan = ["计划入学", "预算(万)", "生日", "沟通备注", "电子邮箱"]
    writer.writerow(["客户姓名", "意向国家", "当前年级", "联系电话", "微信号", *plan])
    damaged = draw.pick(with_one_number(people))
    for place, one in enumerate(people):
        phone = "1.38E+10" if place == damaged else str(dirty_phone(draw, one))
        birth = dirty_birth(draw, one.birth) if one.birth else ""
        contact = [one.name, one.country, one.grade, phone, one.wechat]
        writer.writerow([*contact, one.season, one.budget, birth, one.remark, one.email])
    return target.getvalue().encode("gb18030")


if __name__ == "__main__":
    main()
