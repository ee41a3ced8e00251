"""The journal under kills, torn tails, flipped bits, full disks and second writers."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from netmend.core.errors import EnvironmentFault, StudyInUse, UsageError
from netmend.core.ledger import Ledger


def write(folder, count, start=0):
    with Ledger(folder) as ledger:
        for number in range(start, start + count):
            ledger.append("run", {"number": number, "text": "é" * number})


def numbers(folder):
    with Ledger(folder) as ledger:
        return [record.data["number"] for record in ledger.records], ledger.damage


def test_records_come_back_as_they_were_written(tmp_path):
    write(tmp_path / "study", 5)
    write(tmp_path / "study", 3, start=5)
    assert numbers(tmp_path / "study") == (list(range(8)), [])


def test_a_torn_tail_is_set_aside_and_the_next_record_is_whole(tmp_path):
    write(tmp_path, 3)
    journal = tmp_path / "journal.jsonl"
    content = journal.read_bytes()
    for cut in range(content.rfind(b"\n", 0, -1) + 2, len(content)):
        journal.write_bytes(content[:cut])
        found, damage = numbers(tmp_path)
        assert found == [0, 1]
        assert any("torn" in sentence for sentence in damage)
        assert any("acknowledged" in sentence for sentence in damage)
    write(tmp_path, 1, start=7)
    assert numbers(tmp_path)[0] == [0, 1, 7]


def test_a_lost_tail_is_noticed(tmp_path):
    write(tmp_path, 4)
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:2]))
    found, damage = numbers(tmp_path)
    assert found == [0, 1]
    assert damage == ["2 acknowledged records are missing at the end"]


def test_every_flipped_bit_is_reported_and_no_wrong_value_is_read(tmp_path):
    write(tmp_path / "study", 6)
    journal = tmp_path / "study" / "journal.jsonl"
    content = journal.read_bytes()
    with Ledger(tmp_path / "study") as ledger:
        true = {record.number: record.data for record in ledger.records}
    generator = random.Random(0)
    for _ in range(300):
        position, bit = generator.randrange(len(content)), generator.randrange(8)
        changed = bytearray(content)
        changed[position] ^= 1 << bit
        journal.write_bytes(bytes(changed))
        with Ledger(tmp_path / "study") as ledger:
            assert ledger.damage, f"byte {position} bit {bit}"
            assert all(true[record.number] == record.data for record in ledger.records)
            assert len(ledger.records) >= 4


def test_a_second_writer_is_refused_and_the_first_is_unharmed(tmp_path):
    with Ledger(tmp_path) as ledger:
        with pytest.raises(StudyInUse, match=f"process {os.getpid()}"):
            Ledger(tmp_path)
        ledger.append("run", {"number": 1})
    assert numbers(tmp_path) == ([1], [])


def test_another_schema_is_refused(tmp_path):
    import zlib

    text = json.dumps({"schema": 99, "n": 0, "before": "", "kind": "run", "data": {}}).encode()
    (tmp_path / "journal.jsonl").write_bytes(b"%08x %s\n" % (zlib.crc32(text), text))
    with pytest.raises(UsageError, match="schema 99"):
        Ledger(tmp_path)


def test_a_file_where_the_folder_should_be_is_an_error_with_advice(tmp_path):
    (tmp_path / "study").write_text("")
    with pytest.raises(EnvironmentFault, match="--out"):
        Ledger(tmp_path / "study")


def test_a_full_disk_loses_nothing_and_the_same_process_goes_on(tmp_path):
    """The file size limit stands in for a full disk: the write fails half way, as there."""
    script = textwrap.dedent(
        """
        import resource, signal, sys
        from pathlib import Path
        from netmend.core.errors import EnvironmentFault
        from netmend.core.ledger import Ledger
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        with Ledger(Path(sys.argv[1])) as ledger:
            done = failed = 0
            resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
            for number in range(40):
                try:
                    ledger.append("run", {"number": done, "text": "x" * 200})
                    done += 1
                except EnvironmentFault:
                    failed += 1
                    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert failed == 1, failed
            print(done)
        """
    )
    run = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)
    assert numbers(tmp_path) == (list(range(int(run.stdout))), [])


def test_no_acknowledged_record_is_lost_to_a_kill(tmp_path):
    """A writer prints each acknowledged number and is killed at a random moment; a fresh process must find them all."""
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from netmend.core.ledger import Ledger
        with Ledger(Path(sys.argv[1])) as ledger:
            number = max((record.data["number"] for record in ledger.records), default=-1)
            while True:
                number += 1
                ledger.append("run", {"number": number, "text": "x" * (number % 977)})
                print(number, flush=True)
        """
    )
    generator = random.Random(0)
    for _ in range(8):
        writer = subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(generator.uniform(0, 0.1))
        writer.send_signal(signal.SIGKILL)
        acknowledged = [int(line) for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        writer.wait()
        found, damage = numbers(tmp_path)
        assert found == list(range(len(found)))
        assert not any("missing" in sentence for sentence in damage)
        assert found[-1] >= max(acknowledged, default=0)
