# SPDX-License-Identifier: Apache-2.0
"""Do the JSON documents of run, compare, report and perplexity keep the schemas of docs/schemas?

Usage: document_schemas.py METRONOME TINY_MODEL, by a Python that has jsonschema.
"""

import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import jsonschema

PROGRAMS = {}
SCHEMAS = pathlib.Path(__file__).parents[2] / "docs" / "schemas"
MACHINES = ("lpu:groq1", "lpu:teaching", "gpu:teaching", "reference")


def metronome(folder, *words):
    done = subprocess.run([PROGRAMS["metronome"], *words], cwd=folder, check=False,
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stderr}")
    return done.stdout


class Documents(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        subprocess.run([PROGRAMS["tiny_model"], self.folder.name + "/tiny.gguf"], check=True)

    def document(self, command, *options):
        words = [command, "tiny.gguf", "--prompt", "Hi", "--json", "-", *options]
        return json.loads(metronome(self.folder.name, *words))

    def validate(self, name, document):
        schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(document, schema)
        # A schema that takes anything proves nothing.
        for field in schema["required"]:
            less = copy.deepcopy(document)
            del less[field]
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(less, schema)

    def test_a_run_on_every_kind_of_machine(self):
        for machine in MACHINES:
            with self.subTest(machine):
                self.validate("run", self.document("run", "--tokens", "2", "--machine", machine))

    def test_a_comparison(self):
        common = ("--tokens", "2", "--runs", "2", "--machines")
        self.validate("compare", self.document("compare", *common, "lpu:teaching,gpu:teaching"))
        self.validate("compare", self.document("compare", *common, "gpu:teaching", "--background",
                                               "50", "--launch", "stream"))

    def test_a_perplexity(self):
        text = pathlib.Path(self.folder.name) / "text.txt"
        text.write_text("Hi there, said the cat.", encoding="utf-8")
        for precision in ("all", "int8"):
            with self.subTest(precision):
                words = ("--text", "text.txt", "--precision", precision, "--json", "-")
                document = json.loads(
                    metronome(self.folder.name, "perplexity", "tiny.gguf", *words))
                self.validate("perplexity", document)

    def test_a_report_with_and_without_a_comparison(self):
        for runs in ("0", "2"):
            with self.subTest(runs):
                page = metronome(self.folder.name, "report", "tiny.gguf", "--prompt", "Hi",
                                 "--tokens", "1", "--runs", runs, "--chip", "teaching",
                                 "--machines", "lpu:teaching,gpu:teaching", "-o", "-")
                data = re.search(r'id="report-data">(.*?)</script>', page, re.DOTALL).group(1)
                document = json.loads(data)
                self.validate("report", document)
                if runs != "0":
                    self.validate("compare", document["comparison"])


def main():
    PROGRAMS.update(zip(("metronome", "tiny_model"), map(pathlib.Path, sys.argv[1:])))
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Documents)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(0 if result.wasSuccessful() else 1)


main()
