"""The words of the demo: invented people, and sentences in zh and en."""

PEOPLE = (
    ("前台·林小满", "front_desk"),
    ("前台·何晴", "front_desk"),
    ("顾问·周一帆", "consultant"),
    ("顾问·吴桐", "consultant"),
    ("顾问·郑好", "consultant"),
    ("顾问·冯夏", "consultant"),
    ("顾问·韩冬", "consultant"),
    ("市场·蒋悦", "marketing"),
    ("市场·沈一", "marketing"),
    ("个保·陈静", "privacy_officer"),
    ("个保·许安", "privacy_officer"),
    ("老板·高远", "owner"),
)
RECIPIENTS = ("北岸文书工作室", "远帆签证中心", "晨光语言学校")

WORDS = {
    "house": ("建立机构", "The house"),
    "weaker": (
        "演示为求快，放行后不设冷静期，每份副本植入 {rows} 行专属蜜标；两项弱于或异于默认值的设置都写进了账本。",
        "To be quick the demo has no cooling; it plants {rows} exclusive rows a copy. The ledger says what is weaker.",
    ),
    "people": (
        "{people} 人、五种角色。没有人能看到整列号码，老板也不能。",
        "{people} people in five roles. Nobody sees a column of numbers, the owner included.",
    ),
    "intake": ("两份脏名单进来，先隔离", "Two dirty lists come in, into quarantine first"),
    "taken": (
        "{file}：{rows} 行，录入 {taken}，重复 {duplicates}，无效 {invalid}。",
        "{file}: {rows} rows, {taken} taken, {duplicates} duplicates, {invalid} invalid.",
    ),
    "problems": ("逐行报告的问题类型：{codes}", "Kinds of problems, reported by row: {codes}"),
    "admitted": (
        "{officer} 核过来源后放行 {admitted} 条（与现有记录重复 {duplicates} 条，仍隔离）。",
        "{officer} checked the provenance and admitted {admitted}; {duplicates} repeat existing ones and stay held.",
    ),
    "day": ("一天的工作：用号码，而不看号码", "A day of work: numbers are used, not shown"),
    "front_desk": (
        "{people} 位前台按来访者口述的号码查找，只见掩码。",
        "{people} people at the front desk look up what visitors say; they see masks.",
    ),
    "masked": ("{name} 回访时看到的是：", "{name} sees this when following up:"),
    "approved": (
        "{officer} 批准 {name} 看这一个字段一次。",
        "{officer} approves one look of {name} at this one field.",
    ),
    "revealed": (
        "{name} 看到一个号码，一次（账本条目 {entry} 先于明文写入）。",
        "{name} sees one number, once; ledger entry {entry} stood before it opened.",
    ),
    "marketing": (
        "市场部只有统计，每组至少 10 人：{groups} …",
        "Marketing gets counts of groups of at least ten: {groups} ...",
    ),
    "release": ("三份名单放行给三家，每份都不一样", "Three lists leave to three recipients, no two alike"),
    "collected": (
        "{recipient}：{rows} 行（{people} 人，{planted} 行只有它有的虚构人，外加共用蜜标与文字变体）。",
        "{recipient}: {rows} rows: {people} people, {planted} invented ones of this copy alone, pool rows, variants.",
    ),
    "leak": ("其中一份被倒卖", "One of them is sold on"),
    "leaked": (
        "网上出现 {rows} 行：打乱、改列名、只剩姓名和号码、部分打码：{file}",
        "{rows} rows turn up: shuffled, renamed, only name and number left, some digits hidden: {file}",
    ),
    "trace": ("溯源", "The trace"),
    "finding": ("{finding}", "{finding}"),
    "report": ("结论说明（可打印）：{file}", "The report, to print: {file}"),
    "rewrite": ("有人想改账本", "Somebody tries to rewrite the log"),
    "kept": (
        "个保负责人手里有一份早先的检查点（{size} 条）。机器的主人想抹掉一次查看。",
        "The privacy officer kept a checkpoint ({size} entries). The owner of the machine wants one look gone.",
    ),
    "clumsy": ("直接改文件：{finding}", "He edits the file: {finding}"),
    "skilled": (
        "于是他重算整棵树，并用日志自己的密钥重新签名，单看这份日志毫无破绽。",
        "So he computes the whole tree anew and signs it with the log's own key; alone, that log looks whole.",
    ),
    "skilled_found": ("与早先的检查点一比：{finding}", "Against the earlier checkpoint: {finding}"),
    "keeper_found": ("守钥服务也不认：{finding}", "And the keeper refuses it: {finding}"),
    "bundle": (
        "条目 {entry} 的证据包：{file}（dyepack verify，或包内 verify.py，离线可验）。",
        "Evidence bundle of entry {entry}: {file} (dyepack verify, or the verify.py inside, offline).",
    ),
    "counted": (
        "账本现有 {entries} 条；今天 {looks} 次查看，条条有据。演示没有外部见证人：未经见证。",
        "The ledger has {entries} entries; {looks} looks today, each in it. The demo has no witnesses: not witnessed.",
    ),
    "done": (
        "故事讲完，用了 {seconds} 秒 CPU。离开保险库的文件都在 {files}。",
        "The story took {seconds} s of CPU. What left the vault lies in {files}.",
    ),
    "logins": ("工作台登录（口令都是 {password}）：", "Log-ins of the desk (password {password} for all):"),
    "try": ("试试：以个保负责人登录，上传 {leak}。", "Try it: log in as a privacy officer and upload {leak}."),
}
