"""Reports that students hand in: good ones become a table and a CSV, broken and hostile ones are named and harm nobody."""

import binascii
import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystudio.exercises import reports
from pystudio.__main__ import main

TASK = {"id": "iou", "title": "IoU", "kind": "task-code", "page": "practice.html", "state": "done", "tries": 2, "best": 1, "seconds": 90, "hints": 1,
        "solution": False, "answer": "def iou(a, b):\n    return 1"}


def made(name="Ada", sealed=True, **changes):
    report = {"format": "pystudio-report", "version": 1, "site": "PyStudio", "name": name, "saved": "2026-11-22T10:00:00Z", "tasks": [TASK]} | changes
    return report | ({"checksum": reports.checksum(report)} if sealed else {})


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return path


def test_a_report_is_read_back_whole(tmp_path):
    report = reports.read(written(tmp_path, "ada.json", made()))
    assert (report.name, report.done, report.intact, report.saved[:10]) == ("Ada", 1, True, "2026-11-22")
    (task,) = report.tasks
    assert task == reports.TaskResult(**TASK | {"best": 1.0})


def test_a_change_after_saving_is_seen_and_a_new_layout_of_the_file_is_none(tmp_path):
    changed = made() | {"name": "Bob"}
    assert not reports.read(written(tmp_path, "a.json", changed)).intact
    assert not reports.read(written(tmp_path, "b.json", made(sealed=False))).intact
    laid_out = json.dumps(dict(reversed(made("Zoë 😀 \x7f\u2028").items())), indent=4).encode("utf-8-sig")
    assert reports.read(written(tmp_path, "c.json", laid_out)).intact


def test_the_checksum_is_crc32_of_plain_json():
    plain = '{"a":"ä","b":[1,null,true]}'
    assert int(reports.checksum({"b": [1, None, True], "a": "ä", "checksum": "x"}), 16) == binascii.crc32(plain.encode())


BROKEN = {
    "empty.json": (b"", "not JSON"),
    "cut.json": (json.dumps(made()).encode()[:-40], "not JSON"),
    "page.json": (b"<!doctype html><p>hello", ".json file beside it"),
    "binary.json": (b"\xff\xfe\x00\x01", "not JSON"),
    "deep.json": (b"[" * 100_000, "not JSON"),
    "nan.json": (b'{"format": NaN}', "not JSON"),
    "huge.json": (b" " * 5_000_001, "larger than 5 MB"),
    "list.json": ([1, 2], "no report of this studio"),
    "other.json": ({"format": "something"}, "no report of this studio"),
    "newer.json": (made(version=2), "version 2"),
    "true.json": (made(version=True), "version True"),
    "tasks.json": (made(tasks={}), "no list of exercises"),
    "name.json": (made(name=5), "“name”"),
    "state.json": (made(tasks=[TASK | {"state": ["done"]}]), "exercise 1"),
    "score.json": (made(tasks=[TASK | {"best": 7}]), "exercise 1"),
    "tries.json": (made(tasks=[TASK, TASK | {"tries": -1}]), "“tries” of exercise 2"),
    "bool.json": (made(tasks=[TASK | {"seconds": True}]), "“seconds”"),
    "long.json": (made(tasks=[TASK | {"answer": "x" * 100_001}]), "“answer”"),
    "lacks.json": (made(tasks=[{"id": "a"}]), "exercise 1"),
    "number.json": (made(tasks=[3]), "exercise 1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_report_is_refused_with_reason_and_remedy(tmp_path, name):
    content, said = BROKEN[name]
    with pytest.raises(reports.ReportError) as caught:
        reports.read(written(tmp_path, name, content))
    assert said in str(caught.value) and caught.value.remedy.endswith(".")


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda x: st.lists(x, max_size=3) | st.dictionaries(st.sampled_from([*TASK, *made()]), x, max_size=9)),
       st.sampled_from([*made(), *TASK]))
@settings(max_examples=150, deadline=None)
def test_whatever_stands_in_a_file_it_is_read_or_refused(tmp_path_factory, value, key):
    report = made()
    (report if key in report else (report | {"tasks": [dict(TASK)]})["tasks"][0])[key] = value
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(report))
    try:
        reports.table([reports.read(path)])
    except reports.ReportError as error:
        assert error.remedy


def test_the_command_prints_a_table_names_bad_files_and_goes_on(tmp_path, capsys):
    begun = TASK | {"id": "dice", "state": "tried", "best": 0.25, "tries": 4, "solution": True}
    untouched = TASK | {"id": "dice", "state": "new", "best": None, "tries": 0, "seconds": 0, "answer": ""}
    written(tmp_path, "1.json", made("Zoe", tasks=[TASK, begun]))
    written(tmp_path, "2.json", made("ada", tasks=[TASK, untouched]))
    written(tmp_path, "3.json", b"nonsense")
    out = tmp_path / "all.csv"
    assert main(["reports", str(tmp_path), str(tmp_path / "none.json"), "--csv", str(out)]) == 2
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0].split() == ["name", "done", "tries", "score", "minutes", "saved", "remarks"]
    assert lines[1].split()[:6] == ["ada", "1/2", "2", "100%", "2", "2026-11-22"] and lines[2].split()[:5] == ["Zoe", "1/2", "6", "62%", "3"]
    assert "1 solution seen" in lines[2]
    assert [line.split() for line in lines[5:]] == [["iou", "2/2", "2.0", "100%", "0"], ["dice", "0/2", "4.0", "25%", "1"]]
    assert "3.json: The file is not JSON" in said.err and "none.json: The file cannot be read" in said.err and len(said.err.splitlines()) == 2
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert [(row["name"], row["exercise"], row["state"], row["best"]) for row in rows] == [
        ("Zoe", "iou", "done", "1.0000"), ("Zoe", "dice", "tried", "0.2500"), ("ada", "iou", "done", "1.0000"), ("ada", "dice", "new", "")]
    assert rows[0]["answer"] == TASK["answer"]


def test_good_files_alone_end_with_success_and_nothing_to_complain(tmp_path, capsys):
    path = written(tmp_path, "a.json", made())
    assert main(["reports", str(path), str(path)]) == 0
    said = capsys.readouterr()
    assert said.err == "" and said.out.count("Ada") == 1


def test_a_pattern_is_filled_in_where_no_shell_did(tmp_path):
    written(tmp_path, "a.json", made())
    assert [path.name for path in reports.files([str(tmp_path / "*.json")])] == ["a.json"]
    with pytest.raises(reports.ReportError, match="no report in"):
        reports.files([str(tmp_path / "*.jsn")])


def test_a_csv_that_cannot_be_written_is_told(tmp_path, capsys):
    path = written(tmp_path, "a.json", made())
    assert main(["reports", str(path), "--csv", str(tmp_path / "no" / "out.csv")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =cmd|' /C calc'!A0", "＝1", "|x", "\r=1", "%0A=1"])
def test_no_text_of_a_student_becomes_a_formula(tmp_path, evil):
    task = TASK | {"title": evil, "answer": evil}
    text = reports.to_csv([reports.read(written(tmp_path, "a.json", made(evil, tasks=[task])))])
    for cell in next(csv.DictReader(io.StringIO(text))).values():
        assert cell[:1] not in tuple("=+-@|%\t\r＝") and not cell.lstrip().startswith("=")


def test_no_text_of_a_student_steers_the_terminal(tmp_path, capsys):
    evil = "\x1b[2JAda\r\nBob\u202e\u0000\u2028\x9b"
    task = TASK | {"id": evil}
    path = written(tmp_path, "a\x1b[31m.json", made(evil, tasks=[task]))
    broken = written(tmp_path, "b\x1b[31m.json", b"{")
    assert main(["reports", str(path), str(broken)]) == 2
    said = capsys.readouterr()
    assert not any(sign in said.out + said.err for sign in "\x1b\r\u202e\x00\u2028\x9b")


def test_columns_stay_aligned_with_wide_and_combining_letters(tmp_path):
    table = reports.table([reports.read(written(tmp_path, f"{n}.json", made(name))) for n, name in enumerate(["王小明", "Zoe\u0308", "A" * 60])])
    ends = [reports._width(line[: line.index("1/1")]) for line in table.split("\n\n")[0].splitlines()[1:]]
    assert len(set(ends)) == 1


def test_no_exercises_at_all_is_a_table_too(tmp_path):
    assert "0/0" in reports.table([reports.read(written(tmp_path, "a.json", made(tasks=[])))])
