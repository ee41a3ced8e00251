from netmend.program.elements._find import find_all
from netmend.program.sequence.read import sequence_of
from netmend.program.source import Program
from netmend.repairs.program.infill import counts
from netmend.repairs.program.infill._expected import expected
from netmend.repairs.program.infill._holes import About, holes

PROGRAM = Program.from_text("""
import keras
from keras import layers
model = keras.Sequential([layers.Dense(64, activation="relu"), layers.Dense(10, activation="relu")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(x, y, epochs=10)
""")


def test_the_oddest_element_stands_first_with_what_was_expected_there():
    table = expected(holes(About(counts.read()), sequence_of(PROGRAM), find_all(PROGRAM)))
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert rows[0]["element"] == "activation of Dense 2: relu"
    assert rows[0]["place"].endswith(":4:92") and int(rows[0]["rank"]) > 1
    assert rows[0]["expected instead"].startswith("softmax ")
    gains = [float(row["gain"]) for row in rows]
    assert gains == sorted(gains, reverse=True) and gains[0] > 3 and gains[-1] < 0
    assert "model of correct programs" in table.caption


def test_what_cannot_be_read_has_no_chance():
    program = Program.from_text(PROGRAM.main.text.replace("epochs=10", "epochs=int(input())"))
    table = expected(holes(About(counts.read()), sequence_of(program), find_all(program), "epochs"))
    assert [row[2] for row in table.rows] == ["cannot be read"]
