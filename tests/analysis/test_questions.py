"""Questions of a review from the files that people write them in."""

from __future__ import annotations

from pathlib import Path

import pytest

from longread.analysis.questions import of_format, read_questions
from longread.errors import ConfigError
from longread.types.reviews import Question

CONTRACTS = '''\
name,question,answer_format
Parties,"The two or more parties, ""who signed""",Entity or individual names
Expiration Date,"On what date will the contract's
initial term expire?",Date (mm/dd/yyyy) / Perpetual
Renewal,How long?,[Successive] number of years/months / Perpetual
Exclusivity,Is there an exclusive dealing  commitment?,Yes/No
Licensee,To whom?,Answer Format:\x20
'''


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_questions(path)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_a_csv_of_contract_questions_is_taken_as_it_is(tmp_path: Path) -> None:
    parties, ends, renewal, exclusive, licensee = read_questions(
        written(tmp_path, "questions.csv", CONTRACTS)
    )
    assert parties.text == 'The two or more parties, "who signed"'
    assert (parties.type, parties.instructions) == ("text", "Format: Entity or individual names")
    assert (ends.type, ends.choices) == ("date", ("Perpetual",))
    assert ends.text == "On what date will the contract's initial term expire?"
    assert (renewal.type, renewal.choices) == ("text", ())
    assert (exclusive.type, exclusive.text) == (
        "yes/no",
        "Is there an exclusive dealing commitment?",
    )
    assert licensee == Question("Licensee", "To whom?")


TOML = """\
[[question]]
name = "Termination"
question = "Can it be ended without cause?"
type = "yes/no"

[[question]]
name = "Notice"
question = '''
On how much notice?
[[question]]
name = "not one"
'''
type = "list of numbers"
quote = false
only_if = "'Termination' = YES"
"""
YAML = """\
questions:
  - name: Termination
    question: Can it be ended without cause?
    type: yes/no
  - name: Notice
    question: On how much notice? [[question]] name = "not one"
    type: list of numbers
    quote: no
    only_if: Termination = yes
"""
CSV = '''\
Name;Question;Type;Quote;Only if
Termination;Can it be ended without cause?;yes/no;;
Notice;"On how much notice? [[question]] name = ""not one""";list of numbers;no;Termination=yes
'''


def test_the_same_questions_in_any_format_are_the_same(tmp_path: Path) -> None:
    made = {
        name: read_questions(written(tmp_path, name, text))
        for name, text in (("q.toml", TOML), ("q.yaml", YAML), ("q.csv", CSV))
    }
    assert made["q.toml"] == made["q.yaml"] == made["q.csv"]
    _, notice = made["q.toml"]
    assert (notice.type, notice.many, notice.quote) == ("number", True, False)
    assert notice.only_if == ("Termination", ("yes",))


WRONG_TOML = """\
title = "x"

[[question]]
name = "Law"
question = "Which?"
type = "dat"

[[question]]
name = "law"
question = '''
Which
now?
'''
only_if = "Laws = x"

[[question]]
nam = "Fee"
question = "How much?"
type = "choice"
"""


def test_every_mistake_of_a_toml_file_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    assert mistakes(written(tmp_path, "q.toml", WRONG_TOML)) == [
        "line 1: [[question]] is what belongs here, not 'title'",
        "line 6: there is no type 'dat'; did you mean 'date'?",
        "line 9: the name 'law' is already that of line 4",
        "line 14: no question is named 'Laws'; did you mean 'Law'?",
        "line 16: a question has no name",
        "line 16: a choice needs two choices at least",
        "line 17: nothing is called 'nam' here, did you mean 'name'?",
    ]


def test_every_mistake_of_a_yaml_file_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    text = (
        "- name: A\n  question: Is it?\n  type: yes/no\n  only_if: B = x\n- just words\n"
        "- name: B\n  name: B\n  question: What?\n  only_if: A = perhaps\n  quote: maybe\n"
    )
    assert mistakes(written(tmp_path, "q.yml", text)) == [
        "line 4: its condition leads back to itself, so that it could never be asked",
        "line 5: a question must be keys and values, such as name: …",
        "line 7: 'name' stands here twice",
        "line 9: 'A' is a yes/no, and can never be 'perhaps'",
        "line 9: its condition leads back to itself, so that it could never be asked",
        "line 10: quote must be yes or no, not 'maybe'",
    ]


def test_every_mistake_of_a_csv_file_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    text = 'name,question,typ\nA,"Is\nit?",\n,What?,\nA,Again?,x,y\n'
    assert mistakes(written(tmp_path, "q.csv", text)) == [
        "line 1: no column is called 'typ' here, did you mean 'type'?",
        "line 4: a question has no name",
        "line 5: 4 fields where the first line has 3: quotes missing?",
        "line 5: the name 'A' is already that of line 2",
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("q.toml", "[[question]\n", "line 1: this is no TOML"),
        ("q.yaml", "a: [1\nb: 2\n", "this is no YAML"),
        ("q.csv", 'name,question\n"A,B\n', "this is no CSV"),
        ("q.csv", "", "there is no question in it"),
        ("q.yaml", "", "there is no question in it"),
        ("q.yaml", "just words", "a list of questions belongs here"),
    ],
)
def test_a_file_that_is_none_says_so(tmp_path: Path, name: str, text: str, said: str) -> None:
    assert said in "\n".join(mistakes(written(tmp_path, name, text)))


def test_what_excel_puts_around_a_csv_does_no_harm(tmp_path: Path) -> None:
    plain = read_questions(written(tmp_path, "q.csv", "name,question\nA,Is it?\nB,Why?\n"))
    for text in (
        "\ufeffname;question\r\nA;Is it?\r\nB;Why?\r\n;;\r\n",
        "sep=;\nname;question\nA;Is it?\nB;Why?\n",
        "name,question,,\nA,Is it?,,\nB,Why?,,\n,,,\n",
        "name\tquestion\nA\tIs it?\nB\tWhy?\n",
    ):
        assert read_questions(written(tmp_path, "q.csv", text)) == plain


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("q.csv", "sep=;\nname;question\nA;a?\nA;b?\n",
         ["line 4: the name 'A' is already that of line 3"]),
        ("q.csv", "question\nWhat?\n", ["line 1: no column is called 'name'"]),
        ("q.csv", "name,question,\nA,a?,x\n", ["line 1: a column has no heading"]),
        ("q.csv", "name,question\nA,a\0?\n", ["line 2: '\\x00' is no character of a text"]),
        ("q.csv", "name,question,choices\nA,a?,x|X.|y\n",
         ["line 2: the choices 'x' and 'X.' are the same one"]),
        ("q.yaml", "questions:\n- name: A\n  question: a?\n  type: x\nextra: 1\n",
         ["line 4: there is no type 'x'; known are text, yes/no, date, money, number, choice, and"
          " list of each of them", "line 5: questions: is what belongs here, not 'extra'"]),
        ("q.yaml", "- name: &a [*a]\n  question: a?\n  ? [x]\n  : y\n",
         ["line 1: name must be text, not [[{}]]",
          "line 3: nothing is called '{}' here; known are answer_format, choices, instructions,"
          " name, only_if, question, quote, type"]),
        ("q.toml", '[[question]]\nname="A"\nquestion="a?"\nonly_if="A = yes"\ntype="yes/no"\n',
         ["line 4: its condition leads back to itself, so that it could never be asked"]),
    ],
)  # fmt: skip
def test_mistakes_are_said_with_their_lines(
    tmp_path: Path, name: str, text: str, said: list[str]
) -> None:
    assert mistakes(written(tmp_path, name, text)) == said


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.toml, \.yaml or \.csv"):
        read_questions(tmp_path / "questions.xlsx")
    with pytest.raises(ConfigError, match="No such file"):
        read_questions(tmp_path / "questions.csv")
    (tmp_path / "q.csv").write_bytes(b"name,question\nA,Caf\xe9?\n")
    with pytest.raises(ConfigError, match="line 2 is not UTF-8"):
        read_questions(tmp_path / "q.csv")


def test_a_format_in_words_decides_the_type_where_it_is_understood() -> None:
    assert of_format("Date (mm/dd/yyyy) / Perpetual")[:3] == ("date", False, ("Perpetual",))
    assert of_format("yes / no")[0] == "yes/no"
    assert of_format("Number of months or years") == (
        "text", False, (), "Format: Number of months or years",
    )  # fmt: skip


def test_a_questions_hash_follows_what_is_asked_and_not_when(tmp_path: Path) -> None:
    asked = Question("Fee", "How much?", "money")
    assert asked.hash == Question("Fee", "How much?", "money", only_if=("A", ("yes",))).hash
    assert asked.hash != Question("Fee", "How much then?", "money").hash
    assert asked.hash != Question("Fee", "How much?", "money", quote=False).hash
